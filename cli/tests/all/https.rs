//! Fetching by TLS: a host is believed only if the machine trusts its certificate, and for its own name.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    },
};

use crate::support::*;

/// For `localhost`, by itself; of no use anywhere else.
const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/tls/certificate.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");

async fn server() -> u16 {
    let certificates = CertificateDer::pem_file_iter(CERTIFICATE).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_no_client_auth().with_single_cert(certificates, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_checked_against_the_machines() {
    let port = server().await;
    let folder = folder();
    let script = file(
        &folder,
        "script.js",
        "export default async (host) => {
            try { return await (await fetch(`https://${host}/`)).text(); } catch (error) { return error.code; }
        }",
    );
    let fetch = |variables: &[(&str, &str)], host: &str| {
        let host = format!("{host}:{port}");
        let run = ampoule_with(variables, &["run", &script, "--allow-net", &host, "--input", &format!("\"{host}\"")]);
        run.says(0, &[]);
        run.stdout.trim().to_owned()
    };
    let trusted = [("SSL_CERT_FILE", CERTIFICATE)];
    assert_eq!(fetch(&trusted, "localhost"), "\"secret\"");
    assert_eq!(fetch(&[], "localhost"), "\"tls\"");
    // It is another name's.
    assert_eq!(fetch(&trusted, "127.0.0.1"), "\"tls\"");
}
