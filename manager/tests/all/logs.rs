//! Logs that grow while their runs go on, and those who follow them.

use std::time::Duration;

use ampoule_protocol::{CompleteRequest, Completion, JobId, LeaseState, LeaseStates, LeaseToken, LogLevel, LogLine, LogPage, StateChange};
use reqwest::Method;
use serde_json::json;

use crate::support::{Manager, On, Random, line, on_both_stores, returned};

on_both_stores!(
    lines_are_there_while_the_run_goes_on,
    a_log_stays_within_its_jobs_limits,
    a_stream_tells_lines_and_states,
    reconnects_see_each_line_once,
    a_stream_goes_on_with_the_next_attempt,
    a_slow_reader_is_waited_for,
);

fn lines(from: u64, count: u64) -> Vec<LogLine> {
    (from..from + count).map(|offset| LogLine { offset, ..line(LogLevel::Log, format!("line {offset}")) }).collect()
}

async fn append(m: &Manager, token: LeaseToken, lines: Vec<LogLine>) -> LeaseState {
    let states: LeaseStates = m.post("/v1/leases/logs", &json!({"appends": [{"token": token, "lines": lines}]})).await.read(200);
    states.results[0].state
}

async fn complete(m: &Manager, token: LeaseToken, logs_from: u64, logs: Vec<LogLine>) -> LeaseState {
    let mut report = returned("1");
    report.logs = logs;
    let body = CompleteRequest { reports: vec![Completion { token, report, logs_from }] };
    m.post("/v1/leases/complete", &body).await.read::<LeaseStates>(200).results[0].state
}

async fn page(m: &Manager, id: JobId, query: &str) -> (u32, Vec<u64>, Option<u64>) {
    let page: LogPage = m.get(&format!("/v1/jobs/{id}/logs{query}")).await.read(200);
    for line in &page.items {
        assert_eq!(line.message, format!("line {}", line.offset));
    }
    (page.attempt, page.items.iter().map(|line| line.offset).collect(), page.next_offset)
}

async fn lines_are_there_while_the_run_goes_on(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let token = m.acquire_one("w").await.token;
    assert_eq!(page(&m, id, "").await, (1, vec![], Some(0)));
    assert_eq!(append(&m, token, lines(0, 3)).await, LeaseState::Held);
    assert_eq!(page(&m, id, "").await, (1, vec![0, 1, 2], Some(3)));
    // Sent again because the answer got lost, with some that are new.
    assert_eq!(append(&m, token, lines(1, 4)).await, LeaseState::Held);
    assert_eq!(page(&m, id, "?from=2").await, (1, vec![2, 3, 4], Some(5)));

    // The worker is lost: what it said stays, and nothing is added under its lease.
    let m = m.restart().await;
    assert_eq!(m.lease("release", token).await, LeaseState::Accepted);
    assert_eq!(append(&m, token, lines(5, 1)).await, LeaseState::Stale);
    assert_eq!(page(&m, id, "").await, (1, vec![0, 1, 2, 3, 4], Some(5)));
    let second = m.acquire_one("v").await.token;
    assert_eq!(page(&m, id, "").await, (2, vec![], Some(0)));
    m.cancel(id).await;
    assert_eq!(append(&m, second, lines(0, 1)).await, LeaseState::Cancelled);
    // The report brings the rest; one line of it came before.
    assert_eq!(complete(&m, second, 0, lines(0, 2)).await, LeaseState::Accepted);
    assert_eq!(page(&m, id, "").await, (2, vec![0, 1], None));
    assert_eq!(page(&m, id, "?attempt=1&from=3").await, (1, vec![3, 4], None));
    assert_eq!(append(&m, second, lines(2, 1)).await, LeaseState::Stale);
}

async fn a_log_stays_within_its_jobs_limits(on: On) {
    let m = Manager::start(on).await;
    let body = json!({"script": {"source": "1"}, "limits": {"log_lines": 5}});
    let id = m.post("/v1/jobs", &body).await.read::<ampoule_protocol::JobView>(202).id;
    let token = m.acquire_one("w").await.token;
    assert_eq!(append(&m, token, lines(0, 5)).await, LeaseState::Held);
    assert_eq!(append(&m, token, lines(5, 100)).await, LeaseState::Held);
    assert_eq!(complete(&m, token, 5, vec![]).await, LeaseState::Accepted);
    assert_eq!(page(&m, id, "").await.1.len(), 5);
}

/// What a stream said.
#[derive(Debug, Default)]
struct Heard {
    lines: Vec<LogLine>,
    states: Vec<String>,
    last_id: Option<String>,
    /// The stream ended by itself.
    ended: bool,
}

/// Follows a log from behind `last`, until the stream ends or so many lines came.
async fn follow(m: &Manager, id: JobId, last: Option<&str>, most: usize) -> Heard {
    let mut request = m.request(Method::GET, &format!("/v1/jobs/{id}/logs")).header("accept", "text/event-stream");
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let mut response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut heard, mut text) = (Heard::default(), String::new());
    while let Some(piece) = response.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&piece).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            heard.last_id = field("id:").map(str::to_owned).or(heard.last_id);
            let data = field("data:").unwrap_or_default();
            if field("event:") == Some("state") {
                let change: StateChange = serde_json::from_str(data).unwrap();
                heard.states.push(format!("{} {}", change.state.as_str(), change.attempt));
            } else if !data.is_empty() {
                let line: LogLine = serde_json::from_str(data).unwrap();
                assert!(heard.last_id.as_deref().unwrap().ends_with(&line.offset.to_string()));
                heard.lines.push(line);
            }
            text = rest.to_owned();
            if heard.lines.len() >= most {
                return heard;
            }
        }
    }
    heard.ended = true;
    heard
}

async fn a_stream_tells_lines_and_states(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let run = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let token = m.acquire_one("w").await.token;
        for k in 0..10 {
            append(&m, token, lines(k * 3, 3)).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        complete(&m, token, 30, lines(30, 2)).await;
    };
    let (heard, ()) = tokio::join!(follow(&m, id, None, usize::MAX), run);
    assert_eq!(heard.lines.iter().map(|line| line.offset).collect::<Vec<_>>(), (0..32).collect::<Vec<_>>());
    assert_eq!((heard.states.first().unwrap().as_str(), heard.states.last().unwrap().as_str()), ("queued 0", "succeeded 1"));
    assert!(heard.ended);
    // Once more from the start, and from the end.
    assert_eq!(follow(&m, id, None, usize::MAX).await.lines.len(), 32);
    assert_eq!(heard.last_id.as_deref(), Some("32"));
    let again = m.request(Method::GET, &format!("/v1/jobs/{id}/logs")).header("accept", "text/event-stream");
    assert_eq!(m.send(again.header("last-event-id", "32")).await.status, 204);
    let wrong = m.request(Method::GET, &format!("/v1/jobs/{id}/logs")).header("accept", "text/event-stream");
    assert_eq!(m.send(wrong.header("last-event-id", "x")).await.json()["code"], "invalid_header");
}

async fn reconnects_see_each_line_once(on: On) {
    const LINES: u64 = 2_000;
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let token = m.acquire_one("w").await.token;
    let seed = Random::seed();
    println!("SEED={seed}");
    let write = async {
        let (mut next, mut random) = (0, Random::new(seed));
        while next < LINES {
            let count = (1 + random.below(50) as u64).min(LINES - next);
            // Some calls are made twice, as after an answer that got lost.
            for _ in 0..1 + random.below(2) {
                assert_eq!(append(&m, token, lines(next, count)).await, LeaseState::Held);
            }
            next += count;
        }
        complete(&m, token, LINES, vec![]).await;
    };
    let read = async {
        let (mut all, mut last, mut random) = (Vec::new(), None::<String>, Random::new(!seed));
        loop {
            let heard = follow(&m, id, last.as_deref(), 1 + random.below(200)).await;
            all.extend(heard.lines.iter().map(|line| line.offset));
            last = heard.last_id.or(last);
            if heard.ended {
                return (all, heard.states);
            }
        }
    };
    let ((), (all, states)) = tokio::join!(write, read);
    assert_eq!(all, (0..LINES).collect::<Vec<_>>());
    assert_eq!(states.last().map(String::as_str), Some("succeeded 1"));
}

async fn a_stream_goes_on_with_the_next_attempt(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let first = m.acquire_one("w").await.token;
    append(&m, first, lines(0, 3)).await;
    let heard = follow(&m, id, None, 2).await;
    assert_eq!(heard.last_id.as_deref(), Some("1"));
    m.lease("release", first).await;
    let second = m.acquire_one("v").await.token;
    append(&m, second, lines(0, 2)).await;
    let rest = follow(&m, id, Some("1"), 2).await;
    assert_eq!((rest.lines.iter().map(|line| line.offset).collect::<Vec<_>>(), rest.last_id.as_deref()), (vec![2, 0], Some("2:0")));
    complete(&m, second, 2, vec![]).await;
    let end = follow(&m, id, Some("2:0"), usize::MAX).await;
    assert_eq!((end.lines.len(), end.states), (1, vec!["succeeded 2".to_owned()]));
}

/// The server's buffers fill and the rest stays in the store: what it holds for a client that does not read is one page.
async fn a_slow_reader_is_waited_for(on: On) {
    const CALLS: u64 = 12;
    let m = Manager::start(on).await;
    let body = json!({"script": {"source": "1"}, "limits": {"log_bytes": 16 << 20, "log_lines": 100_000}});
    let id = m.post("/v1/jobs", &body).await.read::<ampoule_protocol::JobView>(202).id;
    let token = m.acquire_one("w").await.token;
    let request = m.request(Method::GET, &format!("/v1/jobs/{id}/logs")).header("accept", "text/event-stream");
    let mut response = request.send().await.unwrap();
    let before = resident_bytes();
    for k in 0..CALLS {
        let lines = (0..16).map(|j| LogLine { offset: k * 16 + j, ..line(LogLevel::Log, "x".repeat(64 << 10)) }).collect();
        append(&m, token, lines).await;
    }
    complete(&m, token, CALLS * 16, vec![]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    println!("{} KiB grown", resident_bytes().saturating_sub(before) >> 10);
    let mut count = 0;
    while let Some(piece) = response.chunk().await.unwrap() {
        count += piece.windows(4).filter(|window| *window == b"\nid:" || *window == b"\nda:").count() as u64;
        count += u64::from(piece.starts_with(b"id:"));
    }
    assert!(count >= CALLS * 16, "{count}");
}

fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
