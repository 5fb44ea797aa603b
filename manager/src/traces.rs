//! Spans of what clients ask and of jobs that wait, in the trace that the client began or in a new one.
//!
//! Nothing is recorded unless [`Config::traces`](crate::Config::traces) is set; a client's own trace goes with its job in any case.

use std::time::{Duration, SystemTime};

use ampoule_protocol::{JobId, TraceParent};
use opentelemetry::{
    Context, KeyValue,
    global::{self, BoxedSpan, BoxedTracer},
    trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _},
};

/// Who recorded a span.
const SCOPE: &str = "ampoule-manager";

/// Where spans go.
pub(crate) struct Traces(Option<BoxedTracer>);

impl Traces {
    /// To the process's own exporter, or nowhere.
    pub(crate) fn new(on: bool) -> Self {
        Self(on.then(|| global::tracer(SCOPE)))
    }

    /// A request has come.
    pub(crate) fn request(&self, method: &str, route: &str, parent: Option<TraceParent>) -> Option<Asked> {
        let tracer = self.0.as_ref()?;
        let attributes = [KeyValue::new("http.request.method", method.to_owned()), KeyValue::new("http.route", route.to_owned())];
        let span = tracer.span_builder(format!("{method} {route}")).with_kind(SpanKind::Server).with_attributes(attributes);
        Some(Asked(span.start_with_context(tracer, &below(parent))))
    }

    /// A job has waited so long, until now: what its run belongs below.
    pub(crate) fn waited(&self, job: JobId, attempt: u32, waited: Duration, parent: TraceParent) -> TraceParent {
        let Some(tracer) = &self.0 else { return parent };
        let attributes = [KeyValue::new("ampoule.job.id", job.to_string()), KeyValue::new("ampoule.job.attempt", i64::from(attempt))];
        let now = SystemTime::now();
        let span = tracer.span_builder("queue").with_kind(SpanKind::Producer).with_attributes(attributes);
        let mut span = span.with_start_time(now - waited).start_with_context(tracer, &below(Some(parent)));
        span.end_with_timestamp(now);
        span.span_context().into()
    }

    /// A schedule fires: what its jobs belong below.
    pub(crate) fn fired(&self, schedule: &str) -> Option<TraceParent> {
        let tracer = self.0.as_ref()?;
        let span = tracer.span_builder("schedule").with_attributes([KeyValue::new("ampoule.schedule.name", schedule.to_owned())]);
        let mut span = span.start_with_context(tracer, &Context::new());
        span.end();
        Some(span.span_context().into())
    }
}

/// A request that is being answered.
pub(crate) struct Asked(BoxedSpan);

impl Asked {
    /// What the request brings about belongs below this.
    pub(crate) fn context(&self) -> TraceParent {
        self.0.span_context().into()
    }

    /// It has been answered with this status.
    pub(crate) fn answered(mut self, status: u16) {
        self.0.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        if status >= 500 {
            self.0.set_status(Status::error(""));
        }
        self.0.end();
    }
}

fn below(parent: Option<TraceParent>) -> Context {
    parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent.into()))
}
