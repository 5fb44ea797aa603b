//! The span of a run, below the job's wait in the queue.

use ampoule_protocol::{LeasedJob, Outcome, RunReport};
use opentelemetry::{
    Context, KeyValue,
    global::{self, BoxedSpan},
    trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _},
};

/// Who recorded a span.
const SCOPE: &str = "ampoule-worker";

/// A run that is recorded.
pub(crate) struct Run(BoxedSpan);

impl Run {
    /// It begins. `None`: its job belongs to no trace.
    pub(crate) fn begin(job: &LeasedJob) -> Option<Self> {
        let parent = Context::new().with_remote_span_context(job.traceparent?.into());
        let tracer = global::tracer(SCOPE);
        let attributes = [
            KeyValue::new("ampoule.job.id", job.token.job_id.to_string()),
            KeyValue::new("ampoule.job.attempt", i64::from(job.token.attempt)),
            KeyValue::new("ampoule.script.name", job.script.name.clone()),
        ];
        let span = tracer.span_builder("run").with_kind(SpanKind::Consumer).with_attributes(attributes);
        Some(Self(span.start_with_context(&tracer, &parent)))
    }

    /// It is over.
    pub(crate) fn end(mut self, report: &RunReport) {
        let usage = &report.usage;
        self.0.set_attributes([
            KeyValue::new("ampoule.outcome", report.outcome.kind()),
            KeyValue::new("ampoule.fuel", usage.fuel.saturating_add(usage.load_fuel).cast_signed()),
            KeyValue::new("ampoule.memory_bytes", usage.memory_bytes.cast_signed()),
        ]);
        // What a script throws may be anything, secrets too: it is in the job's outcome, for its owner.
        if !matches!(report.outcome, Outcome::Returned { .. }) {
            self.0.set_status(Status::error(report.outcome.kind()));
        }
        self.0.end();
    }
}
