use std::{
    error::Error as _,
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use reqwest::{Client, redirect};
use rustls::{ClientConfig, RootCertStore};

use super::{CONNECT_TIMEOUT, Failure, Pinned, refused};

/// Idle connections that a run keeps to one host.
const MAX_IDLE: usize = 16;

/// The client of one run.
pub(super) fn new(pinned: &Pinned, silence: Duration) -> Result<Client, Failure> {
    Client::builder()
        .tls_backend_preconfigured(tls()?)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .dns_resolver(pinned.clone())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(silence)
        .pool_max_idle_per_host(MAX_IDLE)
        .retry(reqwest::retry::never())
        .http1_only()
        .build()
        .map_err(|_| refused("io", "this worker's HTTP client does not start"))
}

/// The certificates that this machine trusts, read once.
pub(crate) fn tls() -> Result<ClientConfig, Failure> {
    static CONFIG: OnceLock<Option<ClientConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
        Some(versions.with_root_certificates(roots).with_no_client_auth())
    });
    config.clone().ok_or_else(|| refused("tls", "this worker has no TLS"))
}

/// What went wrong, without what only the worker should know.
pub(super) fn failure(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return refused("timeout", "the host did not answer in time");
    }
    if error.is_connect() {
        let mut source = error.source();
        while let Some(cause) = source {
            if cause.is::<rustls::Error>() || cause.to_string().contains("certificate") {
                return refused("tls", format!("no trusted connection: {cause}"));
            }
            source = cause.source();
        }
        return refused("connect", "the host does not take the connection");
    }
    let mut source = error.source();
    let mut undecodable = false;
    while let Some(cause) = source {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        undecodable |= matches!(kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
        source = cause.source();
    }
    if error.is_decode() && undecodable {
        return refused("encoding", "the response is not compressed as its headers say");
    }
    if error.is_builder() || error.is_request() && !error.is_body() {
        return refused("request", "the request could not be sent, or the answer is no HTTP");
    }
    refused("broken", "the connection broke before the end")
}
