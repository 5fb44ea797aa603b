//! `fetch`: requests to hosts that the job was granted, and to no other address than theirs.
//!
//! A URL is parsed as browsers parse it, so that `http://2130706433` and `http://0x7f.1` are what they are; the host is looked up once in a run, every address is
//! checked, and the connection goes to a checked address. Redirects are followed here and each passes the same gate. There are no proxies, cookies or
//! credentials but what the script sends.

mod address;
mod body;
mod client;
mod request;
mod resolve;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ampoule_protocol::Grants;
use bytes::Bytes;
use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::{Semaphore, mpsc};
use url::Url;

pub use address::Opened;
pub(crate) use client::tls;
pub use resolve::{Resolve, SystemResolver};

use crate::{
    Answer, Failure,
    call::{Called, Calling, arguments, at_once},
    journal::MAX_KEPT_BYTES,
    ledger::{Ledger, Use, add},
};
use body::Open;
use request::Prepared;
use resolve::Pinned;

/// Redirects that are followed: as many as browsers do.
pub const MAX_REDIRECTS: usize = 20;
/// Most bytes of one request's body.
pub const MAX_REQUEST_BYTES: u64 = 16 << 20;
/// Bodies of requests that a run may have under way together: they wait in the worker's memory, not in the sandbox's.
pub const MAX_WAITING_BYTES: u64 = 32 << 20;
/// Most bytes that a run may receive, counted after decompression.
pub const MAX_RECEIVED_BYTES: u64 = 256 << 20;
/// Connections of one run at one time, those among them whose responses are not read to their end; further requests wait.
pub const MAX_CONNECTIONS: usize = 1_024;
/// Connections of the whole process at one time: below the usual number of open files.
pub const MAX_PROCESS_CONNECTIONS: usize = 4_096;
/// How long a connection may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a host may say nothing. The run's wall time usually ends it earlier.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);
/// What one read hands to the script, unless the host sends less: enough that the way there and back does not count.
const CHUNK_BYTES: usize = 256 << 10;
/// What one read hands to a script that wants all of a body: as much as a journal keeps of it.
const WHOLE_BYTES: usize = MAX_KEPT_BYTES;

static PROCESS_CONNECTIONS: Semaphore = Semaphore::const_new(MAX_PROCESS_CONNECTIONS);

/// What fetches of a process have in common.
#[derive(Clone)]
pub struct Network {
    resolver: Arc<dyn Resolve>,
    opened: Opened,
    silence: Duration,
}

impl Network {
    /// Finds hosts by `resolver`, and reaches closed addresses only as far as they are `opened`.
    pub fn new(resolver: Arc<dyn Resolve>, opened: Opened) -> Self {
        Self { resolver, opened, silence: SILENCE_TIMEOUT }
    }

    /// With another time that a host may be silent for.
    #[must_use]
    pub fn with_silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new(Arc::new(SystemResolver), Opened::default())
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("opened", &self.opened).finish_non_exhaustive()
    }
}

/// The fetches of one run.
#[derive(Debug)]
pub(crate) struct Http(Arc<Shared>);

struct Shared {
    network: Network,
    grants: Grants,
    ledger: Arc<Ledger>,
    pinned: Pinned,
    /// Made when first needed; its connections are this run's alone.
    client: Mutex<Option<reqwest::Client>>,
    connections: Arc<Semaphore>,
    waiting: AtomicU64,
    received: AtomicU64,
    last_body: AtomicU64,
    bodies: Mutex<HashMap<u64, Arc<tokio::sync::Mutex<Open>>>>,
    uploads: Mutex<HashMap<u64, mpsc::Sender<Bytes>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// Bytes of a request that wait to be sent.
struct Waiting(Arc<Shared>, u64);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(self.1, Ordering::Relaxed);
    }
}

/// Why a fetch did not take place.
pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new("FetchError", code, message)
}

impl Http {
    pub(crate) fn new(network: &Network, grants: &Grants, ledger: &Arc<Ledger>) -> Self {
        Self(Arc::new(Shared {
            network: network.clone(),
            grants: grants.clone(),
            ledger: Arc::clone(ledger),
            pinned: Pinned::default(),
            client: Mutex::default(),
            connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            waiting: AtomicU64::new(0),
            received: AtomicU64::new(0),
            last_body: AtomicU64::new(0),
            bodies: Mutex::default(),
            uploads: Mutex::default(),
        }))
    }

    /// `http.start {url, method, headers, redirect, upload?}` with the request's body beside; `http.read {body, all?}`, `http.close {body}`;
    /// `http.push {upload, end?}` with a part of a streamed request's body beside.
    pub(crate) fn call(&self, verb: &str, args: &str, body: Vec<u8>) -> Calling {
        let shared = Arc::clone(&self.0);
        let begun = match verb {
            "start" => shared.start(args, body),
            "read" => body_of(args).map(|(id, all)| Box::pin(async move { shared.read(id, all).await }) as Calling),
            "close" => body_of(args).map(|(id, _)| {
                shared.bodies().remove(&id);
                at_once(Answer::of(Value::Null))
            }),
            "push" => shared.push(args, body),
            _ => Err(Failure::wrong(format!("there is no `http.{verb}`"))),
        };
        begun.unwrap_or_else(|failure| at_once(Err(failure)))
    }
}

fn body_of(args: &str) -> Result<(u64, bool), Failure> {
    #[derive(Deserialize)]
    struct Args {
        body: u64,
        #[serde(default)]
        all: bool,
    }
    arguments::<Args>(args).map(|args| (args.body, args.all))
}

impl Shared {
    fn bodies(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<tokio::sync::Mutex<Open>>>> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn uploads(&self) -> std::sync::MutexGuard<'_, HashMap<u64, mpsc::Sender<Bytes>>> {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(self: Arc<Self>, args: &str, body: Vec<u8>) -> Result<Calling, Failure> {
        let mut prepared = Prepared::parse(args)?;
        let waiting = self.reserve(body.len() as u64)?;
        let streamed = match prepared.upload {
            None => None,
            Some(id) => {
                // One part on its way: the script waits until the host took it.
                let (sender, parts) = mpsc::channel(1);
                self.uploads().insert(id, sender);
                Some(parts)
            }
        };
        prepared.body = Bytes::from(body);
        Ok(Box::pin(async move {
            let answer = self.fetch(prepared, streamed).await;
            drop(waiting);
            answer
        }))
    }

    fn push(self: Arc<Self>, args: &str, body: Vec<u8>) -> Result<Calling, Failure> {
        #[derive(Deserialize)]
        struct Args {
            upload: u64,
            #[serde(default)]
            end: bool,
        }
        let Args { upload, end } = arguments(args)?;
        let waiting = self.reserve(body.len() as u64)?;
        Ok(Box::pin(async move {
            let gone = || refused("upload_closed", "the request is over, or takes no more of its body");
            let sender = self.uploads().get(&upload).cloned().ok_or_else(gone)?;
            if !body.is_empty() {
                sender.send(body.into()).await.map_err(|_| gone())?;
            }
            if end {
                self.uploads().remove(&upload);
            }
            drop(waiting);
            Answer::of(Value::Null)
        }))
    }

    fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Waiting, Failure> {
        if bytes > MAX_REQUEST_BYTES {
            return Err(refused(
                "request_too_large",
                format!("a request's body has at most {MAX_REQUEST_BYTES} bytes, this one has {bytes}"),
            ));
        }
        let add = |waiting: u64| Some(waiting + bytes).filter(|sum| *sum <= MAX_WAITING_BYTES);
        self.waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add)
            .map(|_| Waiting(Arc::clone(self), bytes))
            .map_err(|_| refused("too_much_waiting", format!("bodies of more than {MAX_WAITING_BYTES} bytes would wait to be sent")))
    }

    async fn fetch(self: Arc<Self>, mut request: Prepared, streamed: Option<mpsc::Receiver<Bytes>>) -> Called {
        // The order of the permits is everywhere the same: the run's, then the process's.
        let own = Arc::clone(&self.connections).acquire_owned().await.map_err(|_| refused("io", "the run ends"))?;
        let connection = (own, PROCESS_CONNECTIONS.acquire().await.map_err(|_| refused("io", "the process ends"))?);
        let mut streamed = streamed;
        let mut redirects = 0;
        loop {
            let host = self.admit(&request.url, &request.method).await?;
            let started = Instant::now();
            let sent = if streamed.is_some() { 0 } else { request.body.len() as u64 };
            let response = self.send(&request, streamed.take()).await;
            self.ledger.host(&host, |used| {
                add(&mut used.item, Use { bytes_out: sent, took: started.elapsed(), ..Use::default() });
                if !used.methods.iter().any(|method| method == request.method.as_str()) {
                    used.methods.push(request.method.to_string());
                }
            });
            let response = response?;
            let Some(next) = request.redirected(&response)? else {
                return Ok(self.open(response, host, redirects > 0, connection));
            };
            redirects += 1;
            if redirects > MAX_REDIRECTS {
                return Err(refused("too_many_redirects", format!("more than {MAX_REDIRECTS} redirects")));
            }
            request = next;
        }
    }

    /// Whether the request may go where it is meant to; looks the host up if this run has not yet.
    async fn admit(&self, url: &Url, method: &Method) -> Result<String, Failure> {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(refused("invalid_url", "the URL names no host"));
        };
        let place = format!("{host}:{port}");
        if !self.grants.net.iter().any(|rule| rule.admits(host, port, method.as_str())) {
            let allowed_otherwise = self.grants.net.iter().any(|rule| rule.admits_host(host, port));
            let capability = if allowed_otherwise { format!("net {place}={method}") } else { format!("net {place}") };
            return Err(self.ledger.not_granted(capability, "this job was not granted that host"));
        }
        let addresses = match url.host() {
            Some(url::Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(url::Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            _ => match self.pinned.get(host) {
                Some(known) => known,
                None => {
                    let found = self.network.resolver.resolve(host.to_owned()).await;
                    let found = found.map_err(|_| refused("unknown_host", format!("{host} has no address")))?;
                    if found.is_empty() {
                        return Err(refused("unknown_host", format!("{host} has no address")));
                    }
                    address::check(host, &found, &self.network.opened)?;
                    self.pinned.keep(host, found)
                }
            },
        };
        address::check(host, &addresses, &self.network.opened)?;
        self.ledger.host(&place, |used| {
            if used.addresses.is_empty() {
                used.addresses = addresses.iter().map(IpAddr::to_string).collect();
            }
        });
        Ok(place)
    }

    async fn send(&self, request: &Prepared, streamed: Option<mpsc::Receiver<Bytes>>) -> Result<Response, Failure> {
        let client = self.client()?;
        let mut sending = client.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        sending = match streamed {
            Some(parts) => {
                let parts = futures_util::stream::unfold(parts, |mut parts| async {
                    parts.recv().await.map(|part| (Ok::<_, std::io::Error>(part), parts))
                });
                sending.body(reqwest::Body::wrap_stream(parts))
            }
            None if request.body.is_empty() && !request.has_body => sending,
            None => sending.body(request.body.clone()),
        };
        sending.send().await.map_err(|error| client::failure(&error))
    }

    fn client(&self) -> Result<reqwest::Client, Failure> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*client {
            Some(client) => Ok(client.clone()),
            None => {
                let made = client::new(&self.pinned, self.network.silence)?;
                *client = Some(made.clone());
                Ok(made)
            }
        }
    }
}

#[cfg(test)]
mod tests;
