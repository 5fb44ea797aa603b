//! One job, for people.

use ampoule_protocol::{JobView, Outcome};
use jiff::Timestamp;

/// Prints what there is to say of it, a line each.
pub(crate) fn print(job: &JobView) {
    let line = |name: &str, text: String| println!("{name:<12}  {text}");
    let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S.%3fZ").to_string();
    line("job", job.id.to_string());
    let version = job.script.version.map(|version| format!("@{version}")).unwrap_or_default();
    line("script", format!("{}{version}", job.script.name));
    let dead = if job.dead { ", dead" } else { "" };
    line("state", format!("{}{dead}, attempt {}", job.state.as_str(), job.attempt));
    if let Some(outcome) = &job.outcome {
        line("outcome", told(outcome));
    }
    for (name, at) in [("created", Some(job.created_at)), ("due", job.due_at), ("started", job.started_at), ("finished", job.finished_at)] {
        if let Some(at) = at {
            line(name, time(at));
        }
    }
    if let Some(usage) = &job.usage {
        let fuel = usage.fuel.saturating_add(usage.load_fuel);
        let memory = usage.memory_bytes >> 10;
        line("usage", format!("{fuel} fuel, {memory} KiB, {:.3} ms, {} host calls", usage.wall_ms, usage.host_calls));
    }
    if let Some(by) = &job.cancelled_by {
        line("cancelled by", format!("{}{}", by.by, by.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()));
    }
    for (name, text) in [("key", &job.concurrency_key), ("trace", &job.trace_id), ("engine", &job.engine)] {
        if let Some(text) = text {
            line(name, text.clone());
        }
    }
    for (key, value) in &job.tags {
        line("tag", format!("{key}={value}"));
    }
    for lost in &job.lost_attempts {
        let outcome = lost.outcome.as_ref().map(|outcome| format!(": {}", told(outcome))).unwrap_or_default();
        line("lost", format!("attempt {} at {} by {}{outcome}", lost.attempt, time(lost.ended_at), lost.cause.as_str()));
    }
}

/// In one line, which no script makes two.
fn told(outcome: &Outcome) -> String {
    let said = match outcome {
        Outcome::Returned { value } => format!("returned {}", value.as_str()),
        Outcome::Threw { error } => format!("threw {}: {}", error.name, error.message),
        Outcome::LimitExceeded { limit, ceiling, used, .. } => {
            format!("limit_exceeded {}: {used} of {ceiling} {}", limit.as_str(), limit.unit())
        }
        Outcome::Cancelled => "cancelled".to_owned(),
        Outcome::Fault { code, message } => format!("fault {}: {message}", code.as_str()),
    };
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
