use std::{fmt, time::Duration};

use ampoule_protocol::{
    AcquireRequest, AcquireResponse, AppendRequest, AttendRequest, ChildAsk, ChildRequest, ChildView, CompleteRequest, KvAnswer, KvRequest,
    LeaseStates, LeaseToken, Problem, Tokens,
};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

/// How long a call may take beyond what the manager was asked to wait.
const PATIENCE: Duration = Duration::from_secs(10);

/// The worker's side of the lease protocol.
#[derive(Clone)]
pub struct LeaseClient {
    http: Client,
    base: String,
    key: Option<String>,
}

/// A call that brought no answer, or not the one hoped for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The manager is not reached, or the connection broke. Worth trying again.
    #[error("the manager at {base} does not answer: {source}")]
    Unreachable {
        /// The address.
        base: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The manager answers that it cannot now. Worth trying again.
    #[error("the manager is unavailable (HTTP {0})")]
    Unavailable(StatusCode),
    /// The manager refuses: a wrong key or another version. Not worth trying again.
    #[error("the manager refuses (HTTP {status}): {detail}")]
    Refused {
        /// The status.
        status: StatusCode,
        /// The problem's code; empty when it sent none.
        code: String,
        /// Its explanation.
        detail: String,
    },
}

impl ClientError {
    /// Whether the same call may succeed later.
    pub const fn is_passing(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// Whether the manager cannot have heard of the call.
    pub fn is_unsent(&self) -> bool {
        matches!(self, Self::Unreachable { source, .. } if source.is_connect())
    }
}

/// Without its key.
impl fmt::Debug for LeaseClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeaseClient").field("base", &self.base).finish_non_exhaustive()
    }
}

impl LeaseClient {
    /// For the manager at `base`, such as `http://127.0.0.1:8080`, with a worker's key if it asks for one.
    pub fn new(base: &str, key: Option<String>) -> Result<Self, ClientError> {
        let base = base.trim_end_matches('/').to_owned();
        // No proxy from the environment: leases go where the operator said.
        let http = Client::builder().no_proxy().build().map_err(|source| ClientError::Unreachable { base: base.clone(), source })?;
        Ok(Self { http, base, key })
    }

    /// Leases up to `request.slots` jobs, waiting up to `request.wait_ms` for one.
    pub async fn acquire(&self, request: &AcquireRequest) -> Result<AcquireResponse, ClientError> {
        self.post("acquire", request, Duration::from_millis(request.wait_ms)).await
    }

    /// Keeps leases alive.
    pub async fn renew(&self, tokens: &Tokens) -> Result<LeaseStates, ClientError> {
        self.post("renew", tokens, Duration::ZERO).await
    }

    /// Hands in reports.
    pub async fn complete(&self, request: &CompleteRequest) -> Result<LeaseStates, ClientError> {
        self.post("complete", request, Duration::ZERO).await
    }

    /// Hands in lines of logs of runs that go on.
    pub async fn append(&self, request: &AppendRequest) -> Result<LeaseStates, ClientError> {
        self.post("logs", request, Duration::ZERO).await
    }

    /// Lets the manager watch the connection of this call, up to `request.wait_ms`.
    pub async fn attend(&self, request: &AttendRequest) -> Result<(), ClientError> {
        self.send("attend", request, Duration::from_millis(request.wait_ms)).await.map(drop)
    }

    /// Gives leases back unfinished.
    pub async fn release(&self, tokens: &Tokens) -> Result<LeaseStates, ClientError> {
        self.post("release", tokens, Duration::ZERO).await
    }

    /// Reads or changes a namespace of keys and values.
    pub async fn kv(&self, request: &KvRequest) -> Result<KvAnswer, ClientError> {
        self.post("kv", request, Duration::ZERO).await
    }

    /// Submits, awaits or cancels a job of a run's.
    pub async fn jobs(&self, request: &ChildRequest) -> Result<ChildView, ClientError> {
        let wait = if let ChildAsk::Await { wait_ms, .. } = request.ask { Duration::from_millis(wait_ms) } else { Duration::ZERO };
        self.post("jobs", request, wait).await
    }

    /// Hands in the journal of a run that is over.
    pub async fn keep_journal(&self, token: LeaseToken, journal: Vec<u8>) -> Result<(), ClientError> {
        let request = self.journal(Method::POST, token);
        self.ask(request.header("content-type", "application/octet-stream").body(journal)).await.map(drop)
    }

    /// The journal that the job under this lease replays.
    pub async fn replayed_journal(&self, token: LeaseToken) -> Result<Vec<u8>, ClientError> {
        let response = self.ask(self.journal(Method::GET, token)).await?;
        let bytes = response.bytes().await.map_err(|source| ClientError::Unreachable { base: self.base.clone(), source })?;
        Ok(bytes.into())
    }

    fn journal(&self, method: Method, token: LeaseToken) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/v1/leases/journal", self.base)).timeout(PATIENCE);
        request.query(&[("job_id", token.job_id.to_string()), ("attempt", token.attempt.to_string())])
    }

    async fn post<A: DeserializeOwned>(&self, verb: &str, body: &impl Serialize, wait: Duration) -> Result<A, ClientError> {
        let response = self.send(verb, body, wait).await?;
        response.json().await.map_err(|source| ClientError::Unreachable { base: self.base.clone(), source })
    }

    async fn send(&self, verb: &str, body: &impl Serialize, wait: Duration) -> Result<Response, ClientError> {
        self.ask(self.http.post(format!("{}/v1/leases/{verb}", self.base)).timeout(wait + PATIENCE).json(body)).await
    }

    async fn ask(&self, mut request: RequestBuilder) -> Result<Response, ClientError> {
        let unreachable = |source| ClientError::Unreachable { base: self.base.clone(), source };
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.map_err(unreachable)?;
        match response.status() {
            status if status.is_success() => Ok(response),
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Err(ClientError::Unavailable(status)),
            status => {
                let problem = response.json::<Problem>().await.map(|problem| (problem.code, problem.detail));
                let (code, detail) = problem.unwrap_or_else(|_| (String::new(), "no explanation".to_owned()));
                Err(ClientError::Refused { status, code, detail })
            }
        }
    }
}
