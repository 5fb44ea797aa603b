use ampoule_protocol::{JobId, JobSpec, JobState, JobView, Limits, ReplayOf, START_WITHIN_MS, ScriptView, TenantName, TraceParent};
use jiff::Timestamp;
use serde::Serialize;

use super::{children::Family, companions::Companions, life::Terms};
use crate::scripts::Sources;

/// A job on its way into the queue. What the queue stores as text is printed here, off the store's only writer.
#[derive(Clone, Debug)]
pub struct Submitted {
    pub(super) id: JobId,
    pub(super) tenant: TenantName,
    /// Without the script and the libraries, which are in `sources`.
    pub(super) spec: JobSpec,
    pub(super) sources: Sources,
    pub(super) limits: Limits,
    pub(super) terms_json: String,
    pub(super) tags_json: String,
    pub(super) libraries_json: String,
    pub(super) pins_json: Option<String>,
    pub(super) idempotency: Option<Idempotency>,
    trace: Option<TraceParent>,
    replays: Option<ReplayOf>,
    /// Of the run that submits it.
    pub(super) family: Option<Family>,
}

/// A client's promise that all of its tenant's requests with this key are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key.
    pub key: String,
    /// BLAKE3 of the request's body.
    pub body: [u8; 32],
}

impl Submitted {
    /// A new job of this tenant, by this specification, which [`JobSpec::check`] found good, with what it runs, under these limits. The id must
    /// be new; simulations choose it.
    pub fn new(id: JobId, tenant: TenantName, spec: JobSpec, sources: Sources, limits: Limits, idempotency: Option<Idempotency>) -> Self {
        Self {
            id,
            tenant,
            terms_json: terms_json(&spec, &limits, None, None),
            tags_json: json(&spec.tags),
            libraries_json: Companions::print(&sources.script, &sources.libraries),
            pins_json: sources.pins.as_ref().map(json),
            sources,
            spec,
            limits,
            idempotency,
            trace: None,
            replays: None,
            family: None,
        }
    }

    /// The same, in this trace.
    #[must_use]
    pub fn traced(mut self, parent: Option<TraceParent>) -> Self {
        if parent.is_some() {
            self.trace = parent;
            self.terms_json = terms_json(&self.spec, &self.limits, self.trace, self.replays);
        }
        self
    }

    /// One that replays a recorded attempt.
    #[must_use]
    pub fn replaying(mut self, of: ReplayOf) -> Self {
        self.replays = Some(of);
        self.terms_json = terms_json(&self.spec, &self.limits, self.trace, self.replays);
        self
    }

    /// Submitted by a run: stored only while its lease is held, and while the family is not too large.
    #[must_use]
    pub fn under(self, family: Family) -> Self {
        Self { family: Some(family), ..self }
    }

    /// How many jobs stand above it.
    pub(super) fn depth(&self) -> u32 {
        self.family.as_ref().map_or(0, |family| family.depth + 1)
    }

    /// The job's identity.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// What its owner sees once it is stored; `now` in the milliseconds that the store keeps.
    pub fn view(&self, now: Timestamp) -> JobView {
        let created_at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        JobView {
            id: self.id,
            state: JobState::Queued,
            attempt: 0,
            outcome: None,
            usage: None,
            engine: None,
            created_at,
            started_at: None,
            finished_at: None,
            script: ScriptView {
                name: self.sources.script.name.clone(),
                version: self.sources.version,
                source_bytes: self.sources.source_bytes,
            },
            entry: self.spec.entry.clone(),
            limits: self.limits.clone(),
            grants: self.spec.grants.clone(),
            priority: self.spec.priority,
            due_at: self.is_delayed(created_at.as_millisecond()).then(|| self.due_at(created_at)),
            concurrency_key: self.spec.concurrency_key.clone(),
            cancelled_by: None,
            dead: false,
            trace_id: self.trace.map(|parent| parent.trace_id_hex()),
            lost_attempts: Vec::new(),
            parent: self.family.as_ref().map(|family| family.token.job_id),
            replays: self.replays,
            progress: None,
            tags: self.spec.tags.clone(),
        }
    }

    /// When it can start, in milliseconds: never before it is stored.
    pub(super) fn due_ms(&self, now_ms: i64) -> i64 {
        self.spec.run_at.map_or(now_ms, |at| at.as_millisecond().max(now_ms))
    }

    fn due_at(&self, created_at: Timestamp) -> Timestamp {
        Timestamp::from_millisecond(self.due_ms(created_at.as_millisecond())).unwrap_or(created_at)
    }

    pub(super) fn is_delayed(&self, now_ms: i64) -> bool {
        self.due_ms(now_ms) > now_ms
    }

    /// When nobody waits for its start any more.
    pub(super) fn start_by_ms(&self, now_ms: i64) -> i64 {
        self.due_ms(now_ms).saturating_add_unsigned(self.spec.start_within_ms.unwrap_or(START_WITHIN_MS))
    }

    /// Bytes that a worker receives when it leases the job, but for a few hundred.
    pub(super) fn payload_bytes(&self) -> usize {
        let own = self.sources.script.source.len() + self.spec.input.len() + self.spec.context.len() + self.libraries_json.len();
        own + self.sources.pinned_bytes as usize
    }
}

fn terms_json(spec: &JobSpec, limits: &Limits, traceparent: Option<TraceParent>, replays: Option<ReplayOf>) -> String {
    let (retry, grants) = (spec.retry.clone(), spec.grants.clone());
    json(&Terms { limits: limits.clone(), retry, grants, record: spec.record, traceparent, replays })
}

/// Prints what cannot fail to print: plain data with string keys.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|err| unreachable!("plain data printed as JSON: {err}"))
}
