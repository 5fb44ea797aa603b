//! `ampoule logs --follow`: the stream of a job's log, taken up again where it broke off.

use std::time::Duration;

use ampoule_protocol::{JobId, LogLine, StateChange};
use anyhow::Result;
use reqwest::StatusCode;

use crate::{
    api_client::{ApiClient, refusal},
    exit::Exit,
};

/// Pause before a broken stream is taken up again, doubled each time nothing came.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// Tries without anything new before the manager is given up.
const TRIES: u32 = 10;
/// Most bytes of one event: a message at its longest, each byte of it an escape, and more.
const MAX_EVENT_BYTES: usize = 4 << 20;

/// Prints lines as they come until the job ends; exits as the job did.
pub(crate) async fn follow(client: &ApiClient, id: JobId, attempt: Option<u32>, from: u64, json: bool) -> Result<Exit> {
    let mut query = vec![("from", from)];
    query.extend(attempt.map(|attempt| ("attempt", attempt.into())));
    let (mut last, mut back_off, mut tries) = (None::<String>, BACK_OFF.0, 0);
    loop {
        let broken = match client.stream(id, &query, last.as_deref()).await {
            Ok(response) if response.status() == StatusCode::NO_CONTENT => return Ok(Exit::Done),
            Ok(response) if response.status() == StatusCode::OK => {
                let before = last.clone();
                match print(response, &mut last, json).await? {
                    Some(exit) => return Ok(exit),
                    None if last != before => (back_off, tries) = (BACK_OFF.0, 0),
                    None => {}
                }
                None
            }
            Ok(response) => {
                let status = response.status();
                let error = refusal(status, &response.bytes().await.unwrap_or_default());
                if !status.is_server_error() {
                    return Err(error);
                }
                Some(error)
            }
            Err(error) => Some(error),
        };
        tries += 1;
        if let Some(error) = broken.filter(|_| tries >= TRIES || last.is_none()) {
            return Err(error);
        }
        tokio::time::sleep(back_off).await;
        back_off = (back_off * 2).min(BACK_OFF.1);
    }
}

/// Prints the events of one stream. `None`: it broke off.
async fn print(mut response: reqwest::Response, last: &mut Option<String>, json: bool) -> Result<Option<Exit>> {
    let mut unread = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        unread.extend_from_slice(&piece);
        while let Some(end) = unread.windows(2).position(|two| two == b"\n\n") {
            let event: Vec<u8> = unread.drain(..end + 2).collect();
            let event = String::from_utf8_lossy(&event);
            let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
            if let Some(id) = field("id:") {
                *last = Some(id.to_owned());
            }
            let Some(data) = field("data:") else { continue };
            if field("event:") == Some("state") {
                let change: StateChange = serde_json::from_str(data)?;
                eprintln!("{} (attempt {})", change.state.as_str(), change.attempt);
                if change.state.is_final() {
                    return Ok(Some(exit(&change)));
                }
            } else if json {
                println!("{data}");
            } else {
                println!("{}", serde_json::from_str::<LogLine>(data)?.message);
            }
        }
        if unread.len() > MAX_EVENT_BYTES {
            anyhow::bail!("the manager sends an event of more than {MAX_EVENT_BYTES} bytes");
        }
    }
    Ok(None)
}

/// As `run` would exit.
fn exit(change: &StateChange) -> Exit {
    match change.outcome.as_deref() {
        Some("returned") => Exit::Done,
        Some("threw") => Exit::Threw,
        Some("fault") => Exit::Fault,
        _ => Exit::Stopped,
    }
}
