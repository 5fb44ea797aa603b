//! The way to the server, sealed as the URL asks: `sslmode` and `sslrootcert`, `sslcert`, `sslkey` mean what they mean to PostgreSQL's own clients.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How much the server must prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Nothing is sealed.
    Disable,
    /// Sealed where the server can, against whoever listens but does nothing.
    Prefer,
    /// Sealed, against the same; with a file of roots like [`Mode::VerifyCa`], as with PostgreSQL's own clients.
    Require,
    /// Sealed, and the certificate comes from one of the roots.
    VerifyCa,
    /// The same, and it is for the host of the URL.
    VerifyFull,
}

const MODES: [(&str, Mode); 5] = [
    ("disable", Mode::Disable),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

/// Why the URL's words about TLS do not do.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("sslmode must be disable, prefer, require, verify-ca or verify-full, not `{0}`")]
    Mode(String),
    #[error("{field}: cannot read {path}: {why}")]
    File { field: &'static str, path: String, why: String },
    #[error("{field}: {path} holds no {what} in PEM form")]
    Empty { field: &'static str, path: String, what: &'static str },
    #[error("sslcert and sslkey come together")]
    Half,
    #[error("this machine has no root certificates: give a file of them with sslrootcert")]
    NoRoots,
    #[error(transparent)]
    Rustls(#[from] Error),
    #[error(transparent)]
    Verifier(#[from] rustls::client::VerifierBuilderError),
}

/// What a URL says about TLS, apart from the rest of it.
pub(super) struct Tls {
    mode: Mode,
    /// To every connection alike.
    pub(super) connect: MakeRustlsConnect,
}

impl Tls {
    /// Takes what is about TLS out of the URL.
    pub(super) fn of(url: &str) -> Result<(String, Self), TlsError> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut rest) = (Mode::Prefer, Vec::new());
        let (mut roots, mut cert, mut key) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned();
            match name {
                "sslmode" => {
                    let known = MODES.iter().find(|(name, _)| *name == value);
                    mode = known.ok_or_else(|| TlsError::Mode(value.clone()))?.1;
                }
                "sslrootcert" => roots = Some(value),
                "sslcert" => cert = Some(value),
                "sslkey" => key = Some(value),
                _ => rest.push(pair),
            }
        }
        let url = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
        if mode == Mode::Require && roots.is_some() {
            mode = Mode::VerifyCa;
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier(mode, roots.as_deref(), provider)?);
        let client = match (&cert, &key) {
            (None, None) => builder.with_no_client_auth(),
            (Some(cert), Some(key)) => {
                let key_der = PrivateKeyDer::from_pem_file(key).map_err(|err| file("sslkey", key, &err))?;
                builder.with_client_auth_cert(certificates("sslcert", cert)?, key_der)?
            }
            _ => return Err(TlsError::Half),
        };
        Ok((url, Self { mode, connect: MakeRustlsConnect::new(client) }))
    }

    /// The mode, as far as the protocol knows it.
    pub(super) const fn ssl_mode(&self) -> SslMode {
        match self.mode {
            Mode::Disable => SslMode::Disable,
            Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        }
    }
}

fn file(field: &'static str, path: &str, why: &dyn std::fmt::Display) -> TlsError {
    TlsError::File { field, path: path.to_owned(), why: why.to_string() }
}

fn certificates(field: &'static str, path: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = fs::read(Path::new(path)).map_err(|err| file(field, path, &err))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.map_err(|err| file(field, path, &err))?;
    if found.is_empty() { Err(TlsError::Empty { field, path: path.to_owned(), what: "certificate" }) } else { Ok(found) }
}

/// The roots of a file, or the machine's.
fn trusted(path: Option<&str>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    match path.filter(|path| *path != "system") {
        Some(path) => {
            for root in certificates("sslrootcert", path)? {
                roots.add(root).map_err(|err| file("sslrootcert", path, &err))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() { Err(TlsError::NoRoots) } else { Ok(roots) }
}

fn verifier(mode: Mode, roots: Option<&str>, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let chain = match mode {
        Mode::Disable | Mode::Prefer | Mode::Require => None,
        Mode::VerifyCa | Mode::VerifyFull => {
            Some(WebPkiServerVerifier::builder_with_provider(Arc::new(trusted(roots)?), provider.clone()).build()?)
        }
    };
    match chain {
        Some(chain) if mode == Mode::VerifyFull => Ok(chain),
        chain => Ok(Arc::new(Lenient { chain, provider })),
    }
}

/// Looks at less than all of a certificate; that the server has its key is always looked at.
#[derive(Debug)]
struct Lenient {
    /// Without it the certificate may be anybody's.
    chain: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(chain) = &self.chain else { return Ok(ServerCertVerified::assertion()) };
        match chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The name is looked at last: the chain is good.
            Err(Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.chain.as_ref().and_then(|chain| chain.root_hint_subjects())
    }
}

/// What is wrong with the server's certificate and what would help, if that is what an error is about.
pub(super) fn advice(err: &tokio_postgres::Error) -> Option<&'static str> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(err);
    while let Some(err) = cause {
        let io = err.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let inner = io.and_then(|inner| inner.downcast_ref::<Error>()).or_else(|| err.downcast_ref());
        if let Some(Error::InvalidCertificate(wrong)) = inner {
            return Some(match wrong {
                CertificateError::UnknownIssuer => {
                    "the server's certificate is of no authority that is trusted here: name the file of the right one with sslrootcert"
                }
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                    "the server's certificate is for another host than the URL names: name the host as the certificate does, or use sslmode=verify-ca"
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the server's certificate has expired",
                _ => "the server's certificate is refused",
            });
        }
        cause = err.source();
    }
    None
}
