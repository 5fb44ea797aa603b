//! Bodies of responses, which scripts pull.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, SemaphorePermit};

use super::{CHUNK_BYTES, MAX_RECEIVED_BYTES, Shared, WHOLE_BYTES, client, refused};
use crate::{Answer, Body, call::Called};

/// A response whose body is not read to its end.
pub(super) struct Open {
    response: Response,
    host: String,
    rest: Bytes,
    /// What is still to come, where the host said how much and did not compress it.
    left: Option<u64>,
    ended: bool,
    _connection: Connection,
}

/// The right to a connection: of the run's, and of the process's.
pub(super) type Connection = (OwnedSemaphorePermit, SemaphorePermit<'static>);

impl Shared {
    pub(super) fn open(&self, response: Response, host: String, redirected: bool, connection: Connection) -> Answer {
        // A header that is no UTF-8 is read as Latin-1, byte by byte, as browsers do.
        let latin1 = |value: &header::HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>();
        let headers: Vec<_> = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), latin1(value))).collect();
        let id = self.last_body.fetch_add(1, Ordering::Relaxed) + 1;
        let value = json!({
            "status": response.status().as_u16(),
            "statusText": response.status().canonical_reason().unwrap_or_default(),
            "url": response.url().as_str(),
            "redirected": redirected,
            "headers": headers,
            "body": id,
        });
        let has_body = !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let left = response.content_length();
        // One that has none is not kept, though the script may never ask for its end.
        if has_body && left != Some(0) {
            let open = Open { response, host, rest: Bytes::new(), left, ended: false, _connection: connection };
            self.bodies().insert(id, Arc::new(tokio::sync::Mutex::new(open)));
        }
        Answer { value, body: Body::None }
    }

    /// The next part of a response's body, as large as it may be for whoever wants `all`; an empty answer at its end.
    pub(super) async fn read(&self, id: u64, all: bool) -> Called {
        let Some(open) = self.bodies().get(&id).cloned() else { return Answer::of(Value::Null) };
        let mut open = open.lock().await;
        let started = Instant::now();
        let most = if all { WHOLE_BYTES } else { CHUNK_BYTES };
        let mut bytes = Vec::from(std::mem::take(&mut open.rest));
        if all {
            bytes.reserve(open.left.map_or(0, |left| left.min(WHOLE_BYTES as u64) as usize));
        }
        while !open.ended && bytes.len() < most {
            let next = if bytes.is_empty() || all {
                open.response.chunk().await
            } else {
                // What is there already comes along; nothing is waited for.
                match open.response.chunk().now_or_never() {
                    Some(next) => next,
                    None => break,
                }
            };
            match next {
                Ok(Some(chunk)) => {
                    let before = self.received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
                    if before + chunk.len() as u64 > MAX_RECEIVED_BYTES {
                        self.bodies().remove(&id);
                        return Err(refused("response_too_large", format!("a run may receive {MAX_RECEIVED_BYTES} bytes")));
                    }
                    bytes.extend_from_slice(&chunk);
                    // The end is known before it is asked for.
                    open.left = open.left.map(|left| left.saturating_sub(chunk.len() as u64));
                    open.ended |= open.left == Some(0);
                }
                Ok(None) => open.ended = true,
                Err(error) => {
                    self.bodies().remove(&id);
                    return Err(client::failure(&error));
                }
            }
        }
        if bytes.len() > if all { WHOLE_BYTES } else { 2 * CHUNK_BYTES } {
            open.rest = Bytes::from(bytes.split_off(most));
        }
        let (bytes_in, took) = (bytes.len() as u64, started.elapsed());
        self.ledger.host(&open.host, |used| {
            used.item.bytes_in += bytes_in;
            used.item.ms += took.as_micros() as f64 / 1000.0;
        });
        if open.ended && open.rest.is_empty() {
            self.bodies().remove(&id);
        }
        if bytes.is_empty() {
            return Answer::of(Value::Null);
        }
        Ok(Answer { value: json!(!self.bodies().contains_key(&id)), body: Body::Bytes(bytes) })
    }
}
