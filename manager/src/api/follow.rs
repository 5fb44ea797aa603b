//! The stream of a job's log and states, as server-sent events. It reads a page when the client has taken the one before: a slow reader costs
//! one page of memory, whatever the job writes meanwhile.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use ampoule_protocol::{JobId, JobState, Progress, StateChange, TenantName};
use axum::{
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;

use super::{Api, problem::ApiError};
use crate::queue::LogView;

/// Lines that are read at once.
const READ_LINES: u32 = 256;
/// Time between two looks while nothing is heard: lines that came to another manager ring no bell here.
const LOOK: Duration = Duration::from_millis(500);
/// Time between comments that keep what stands between from giving the connection up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A line of a job's log: which attempt's, and its offset. As text `OFFSET`, after the first attempt `ATTEMPT:OFFSET`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) attempt: u32,
    pub(super) offset: u64,
}

impl Place {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (attempt, offset) = match text.split_once(':') {
            Some((attempt, offset)) => (attempt.parse().ok()?, offset),
            None => (1, text),
        };
        Some(Self { attempt, offset: offset.parse().ok()? })
    }

    fn id(self) -> String {
        let Self { attempt, offset } = self;
        if attempt <= 1 { offset.to_string() } else { format!("{attempt}:{offset}") }
    }
}

struct Follow {
    api: Arc<Api>,
    tenant: TenantName,
    id: JobId,
    /// The next line to send; attempt 0: the first that there will be.
    next: Place,
    told: Option<(JobState, u32)>,
    progress: Option<Progress>,
    pending: VecDeque<Event>,
    ended: bool,
}

/// Streams from behind the last event that a client has, or from a place, or from an offset of the current attempt.
pub(super) async fn stream(
    api: Arc<Api>,
    tenant: TenantName,
    id: JobId,
    last: Option<Place>,
    start: Option<Place>,
    from: u64,
) -> Result<Response, ApiError> {
    let from = last.or(start).map_or(from, |place| place.offset);
    let attempt = last.or(start).map(|place| place.attempt);
    let view = api.queue.logs(&tenant, id, attempt, from, 1).await?.ok_or_else(|| ApiError::NoJob(id.to_string()))?;
    let mut next = Place { attempt: attempt.unwrap_or(view.last_attempt), offset: from };
    if last.is_some() {
        match view.page.items.first() {
            Some(_) => next.offset += 1,
            // The id of the final state is the offset behind the last line.
            None if view.state.is_final() && next.attempt >= view.last_attempt => return Ok(StatusCode::NO_CONTENT.into_response()),
            None => {}
        }
    }
    let follow = Follow { api, tenant, id, next, told: None, progress: None, pending: VecDeque::new(), ended: false };
    let events = stream::unfold(follow, |mut follow| async move {
        let event = follow.event().await?;
        Some((Ok::<_, Infallible>(event), follow))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

impl Follow {
    /// The next event. `None`: the stream ends, with the job or with this manager; after that a client comes again.
    async fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            if self.ended || self.api.stop.is_cancelled() {
                return None;
            }
            let api = self.api.clone();
            let listener = api.bells.logged.listen(self.id);
            let rung = listener.rung();
            let attempt = Some(self.next.attempt).filter(|attempt| *attempt > 0);
            // A job that is forgotten, or a store that does not answer, ends the stream.
            let view = api.queue.logs(&self.tenant, self.id, attempt, self.next.offset, READ_LINES).await.ok()??;
            if self.take(view) {
                continue;
            }
            tokio::select! {
                () = rung => {}
                () = tokio::time::sleep(LOOK) => {}
                () = api.stop.cancelled() => {}
            }
        }
    }

    /// Makes events of what was read. False: there was nothing new.
    fn take(&mut self, view: LogView) -> bool {
        let LogView { state, last_attempt, outcome, progress, page } = view;
        if self.next.attempt == 0 {
            self.next.attempt = page.attempt;
        }
        let is_current = self.next.attempt >= last_attempt;
        if is_current && !state.is_final() {
            self.tell(state, last_attempt, None);
        }
        if let Some(progress) = progress.filter(|progress| is_current && self.progress.as_ref() != Some(progress)) {
            self.pending.extend(json(Event::default().event("progress"), &progress));
            self.progress = Some(progress);
        }
        for line in page.items {
            let place = Place { attempt: self.next.attempt, offset: line.offset };
            self.next.offset = line.offset + 1;
            self.pending.extend(json(Event::default().id(place.id()), &line));
        }
        if !self.pending.is_empty() {
            return true;
        }
        if !is_current {
            self.next = Place { attempt: self.next.attempt + 1, offset: 0 };
            return true;
        }
        if state.is_final() {
            self.tell(state, last_attempt, outcome);
            self.ended = true;
            return true;
        }
        false
    }

    fn tell(&mut self, state: JobState, attempt: u32, outcome: Option<String>) {
        if self.told == Some((state, attempt)) {
            return;
        }
        self.told = Some((state, attempt));
        let event = Event::default().event("state");
        let event = if state.is_final() { event.id(self.next.id()) } else { event };
        self.pending.extend(json(event, &StateChange { state, attempt, outcome }));
    }
}

/// `None` cannot be: both kinds of data print as JSON.
fn json(event: Event, data: &impl serde::Serialize) -> Option<Event> {
    event.json_data(data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_round() {
        for (text, attempt, offset) in [("0", 1, 0), ("17", 1, 17), ("2:0", 2, 0)] {
            let place = Place { attempt, offset };
            assert_eq!((Place::parse(text), place.id().as_str()), (Some(place), text));
        }
        for text in ["", "x", "-1", "1:", ":1", "1:2:3"] {
            assert_eq!(Place::parse(text), None, "{text}");
        }
    }
}
