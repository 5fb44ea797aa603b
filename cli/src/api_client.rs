use std::time::Duration;

use ampoule_protocol::{
    JobId, JobList, JobSpec, JobView, KeyId, KeyList, KeySpec, KeyView, LogPage, NewKey, Problem, TenantList, TenantName, TenantSettings,
    TenantView,
};
use anyhow::{Context as _, Result, anyhow};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

/// Where a command finds its manager.
#[derive(clap::Args)]
#[command(next_help_heading = "Manager")]
pub(crate) struct ManagerAddress {
    /// The manager's address.
    #[arg(long, env = "AMPOULE_MANAGER", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    manager: String,
    /// The key to show it, if it asks for one.
    #[arg(long, env = "AMPOULE_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<String>,
    /// The tenant that it is about; only an admin's key may name one.
    #[arg(long, env = "AMPOULE_TENANT", value_name = "NAME")]
    pub(crate) tenant: Option<TenantName>,
}

/// How long one call may take beyond the time that the manager was asked to wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest wait that managers grant in one call.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The client's side of the HTTP API.
pub(crate) struct ApiClient {
    http: Client,
    base: String,
    key: Option<String>,
    tenant: Option<TenantName>,
}

impl ApiClient {
    pub(crate) fn new(address: &ManagerAddress) -> Result<Self> {
        let http = Client::builder().no_proxy().build().context("the HTTP client does not start")?;
        Ok(Self { http, base: address.manager.trim_end_matches('/').to_owned(), key: address.key.clone(), tenant: address.tenant.clone() })
    }

    /// For what is no tenant's.
    pub(crate) fn for_all(address: &ManagerAddress) -> Result<Self> {
        Ok(Self { tenant: None, ..Self::new(address)? })
    }

    /// Stores a job.
    pub(crate) async fn submit(&self, spec: &JobSpec, idempotency_key: Option<&str>) -> Result<JobView> {
        let mut request = self.http.post(self.url("jobs")).json(spec);
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        self.send(request).await
    }

    /// One job; waits for its end if asked to, at most as long as managers grant.
    pub(crate) async fn job(&self, id: JobId, wait: bool) -> Result<JobView> {
        let mut request = self.http.get(self.url(&format!("jobs/{id}")));
        if wait {
            request = request.query(&[("wait", format!("{}s", MAX_WAIT.as_secs()))]);
        }
        self.send(request).await
    }

    /// Waits until the job's state is final.
    pub(crate) async fn finished(&self, id: JobId) -> Result<JobView> {
        loop {
            let job = self.job(id, true).await?;
            if job.state.is_final() {
                return Ok(job);
            }
        }
    }

    /// One page of jobs, newest first.
    pub(crate) async fn jobs(&self, query: &[(&str, String)]) -> Result<JobList> {
        self.send(self.http.get(self.url("jobs")).query(query)).await
    }

    /// Asks for a job to be stopped.
    pub(crate) async fn cancel(&self, id: JobId, reason: Option<&str>) -> Result<JobView> {
        self.send(self.http.post(self.url(&format!("jobs/{id}/cancel"))).json(&serde_json::json!({"reason": reason}))).await
    }

    /// Lets a job be tried again.
    pub(crate) async fn retry(&self, id: JobId) -> Result<JobView> {
        self.send(self.http.post(self.url(&format!("jobs/{id}/retry")))).await
    }

    /// Does `cancel` or `retry` to all jobs that a filter names: how many.
    pub(crate) async fn change_many(&self, verb: &str, body: &serde_json::Value) -> Result<u64> {
        let answer: serde_json::Value = self.send(self.http.post(self.url(&format!("jobs/{verb}"))).json(body)).await?;
        answer["changed"].as_u64().context("the manager does not say how many jobs were changed")
    }

    /// How full the queue is.
    pub(crate) async fn queue(&self) -> Result<serde_json::Value> {
        self.send(self.http.get(self.url("queue"))).await
    }

    /// A job's whole log.
    pub(crate) async fn logs(&self, id: JobId, attempt: Option<u32>, from: u64) -> Result<LogPage> {
        self.send(self.http.get(self.url(&format!("jobs/{id}/logs"))).query(&[("from", from)]).query(&[("attempt", attempt)])).await
    }

    /// The stream of a job's log, from behind this event.
    pub(crate) async fn stream(&self, id: JobId, query: &[(&str, u64)], last: Option<&str>) -> Result<Response> {
        let mut request = self.http.get(self.url(&format!("jobs/{id}/logs"))).query(query).header("accept", "text/event-stream");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        self.ask(request).await
    }

    /// The journal of a job that was recorded.
    pub(crate) async fn journal(&self, id: JobId, attempt: Option<u32>) -> Result<Vec<u8>> {
        let request = self.http.get(self.url(&format!("jobs/{id}/journal"))).query(&[("attempt", attempt)]);
        let response = self.ask(request.timeout(MAX_WAIT + PATIENCE)).await?;
        let status = response.status();
        let body = response.bytes().await.context("the journal broke off")?;
        if status.is_success() { Ok(body.into()) } else { Err(refusal(status, &body)) }
    }

    /// What is at a path below `/v1/`.
    pub(crate) async fn get<A: DeserializeOwned>(&self, path: &str, query: &[(&str, String)]) -> Result<A> {
        self.send(self.http.get(self.url(path)).query(query)).await
    }

    /// Puts something at a path below `/v1/`.
    pub(crate) async fn put<A: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<A> {
        self.send(self.http.put(self.url(path)).json(body)).await
    }

    /// Posts something to a path below `/v1/`.
    pub(crate) async fn post<A: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<A> {
        self.send(self.http.post(self.url(path)).json(body)).await
    }

    /// Deletes what is at a path below `/v1/`.
    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        self.send::<Option<()>>(self.http.delete(self.url(path))).await.map(drop)
    }

    /// Makes a key.
    pub(crate) async fn create_key(&self, spec: &KeySpec) -> Result<NewKey> {
        self.send(self.http.post(self.url("keys")).json(spec)).await
    }

    /// One page of keys.
    pub(crate) async fn keys(&self, cursor: Option<&str>) -> Result<KeyList> {
        self.send(self.http.get(self.url("keys")).query(&[("limit", "1000")]).query(&cursor.map(|cursor| [("cursor", cursor)]))).await
    }

    /// Revokes a key.
    pub(crate) async fn revoke_key(&self, id: KeyId) -> Result<KeyView> {
        self.send(self.http.delete(self.url(&format!("keys/{id}")))).await
    }

    /// One page of tenants.
    pub(crate) async fn tenants(&self, cursor: Option<&str>) -> Result<TenantList> {
        self.send(self.http.get(self.url("tenants")).query(&[("limit", "1000")]).query(&cursor.map(|cursor| [("cursor", cursor)]))).await
    }

    /// Sets how a tenant is treated.
    pub(crate) async fn set_tenant(&self, name: &TenantName, settings: &TenantSettings) -> Result<TenantView> {
        self.send(self.http.put(self.url(&format!("tenants/{name}"))).json(settings)).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.base)
    }

    async fn ask(&self, mut request: RequestBuilder) -> Result<Response> {
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(tenant) = &self.tenant {
            request = request.header("ampoule-tenant", tenant.as_str());
        }
        request.send().await.with_context(|| format!("the manager at {} does not answer; is `ampoule serve` running?", self.base))
    }

    async fn send<A: DeserializeOwned>(&self, request: RequestBuilder) -> Result<A> {
        let response = self.ask(request.timeout(MAX_WAIT + PATIENCE)).await?;
        let status = response.status();
        let body = response.bytes().await.context("the manager's answer broke off")?;
        let body = if status == StatusCode::NO_CONTENT { "null".into() } else { body };
        if status.is_success() {
            return serde_json::from_slice(&body).with_context(|| format!("{} does not answer like a manager of this version", self.base));
        }
        Err(refusal(status, &body))
    }
}

/// What a manager's refusal says.
pub(crate) fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => anyhow!("the manager refuses ({}): {}", problem.code, problem.detail),
        Err(_) => anyhow!("the manager answers HTTP {status}"),
    }
}
