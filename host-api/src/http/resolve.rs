use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use reqwest::dns::{Addrs, Name, Resolving};
use tokio::sync::Semaphore;

/// Look-ups of the whole process at one time: each blocks a thread.
static LOOKUPS: Semaphore = Semaphore::const_new(32);

/// Finds a host's addresses.
pub trait Resolve: Send + Sync {
    /// All of them.
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + '_>>;
}

/// Asks as this machine is set up to.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + '_>> {
        Box::pin(async move {
            let _permit = LOOKUPS.acquire().await.map_err(io::Error::other)?;
            Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// What each host of a run was found to be at, once and for all its requests. The client dials these addresses and asks nobody else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pinned(Arc<Mutex<HashMap<String, Vec<IpAddr>>>>);

impl Pinned {
    pub(crate) fn get(&self, host: &str) -> Option<Vec<IpAddr>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(host).cloned()
    }

    /// Keeps the first answer and gives it.
    pub(crate) fn keep(&self, host: &str, addresses: Vec<IpAddr>) -> Vec<IpAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(host.to_owned()).or_insert(addresses).clone()
    }
}

impl reqwest::dns::Resolve for Pinned {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.get(name.as_str()).unwrap_or_default();
        Box::pin(async move {
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
