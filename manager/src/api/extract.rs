//! Reads what a request says: bodies within a bound, queries without unknown parameters, ids, durations.

use std::time::Duration;

use ampoule_protocol::{ByteSize, JobId};
use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{FromRequestParts, Path, Query},
    http::{HeaderMap, header, request::Parts},
};
use futures_util::StreamExt;
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::problem::ApiError;

/// A body that takes longer than this to parse or print would hold up other requests: it goes to a thread of its own.
pub(super) const LARGE_BODY_BYTES: usize = 256 << 10;

/// Most bytes of a refused body that are read all the same, and thrown away. A client that is still sending when the connection is closed
/// sees a broken pipe and not the answer.
const DISCARDED_BYTES: u64 = 256 << 20;

/// Reads a JSON body of at most `most` bytes. Nothing of one that says beforehand that it is larger is kept.
pub(super) async fn body(headers: &HeaderMap, body: Body, most: ByteSize) -> Result<Bytes, ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::ContentType);
    }
    bytes(headers, body, most).await
}

/// Reads a body of any kind of at most `most` bytes, as it is.
pub(super) async fn bytes(headers: &HeaderMap, body: Body, most: ByteSize) -> Result<Bytes, ApiError> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(ApiError::Encoding);
    }
    let too_large = || ApiError::TooLarge { most: most.0 };
    let announced: Option<u64> = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut stream = body.into_data_stream();
    if announced.is_some_and(|bytes| bytes > most.0) {
        discard(stream).await;
        return Err(too_large());
    }
    let mut read = Vec::with_capacity(announced.unwrap_or(0) as usize);
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| ApiError::BodyBroken)?;
        if (read.len() + piece.len()) as u64 > most.0 {
            drop(read);
            discard(stream).await;
            return Err(too_large());
        }
        read.extend_from_slice(&piece);
    }
    Ok(read.into())
}

/// Most bytes of the small bodies that say how to do something.
const SMALL_BODY: ByteSize = ByteSize(64 << 10);

/// Parses a small body that may be absent.
pub(super) async fn body_or_none<T: DeserializeOwned + Send + 'static>(headers: &HeaderMap, from: Body) -> Result<Option<T>, ApiError> {
    match body_if_any(headers, from, SMALL_BODY).await? {
        Some(body) => Ok(Some(parse(body).await?)),
        None => Ok(None),
    }
}

/// A body that may be absent.
pub(super) async fn body_if_any(headers: &HeaderMap, from: Body, most: ByteSize) -> Result<Option<Bytes>, ApiError> {
    let is_empty = headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    if is_empty && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Ok(None);
    }
    body(headers, from, most).await.map(Some)
}

/// Parses a small body that must be there.
pub(super) async fn small_body<T: DeserializeOwned + Send + 'static>(headers: &HeaderMap, from: Body) -> Result<T, ApiError> {
    parse(body(headers, from, SMALL_BODY).await?).await
}

/// Lets a client finish sending what is refused, within reason.
async fn discard(mut stream: BodyDataStream) {
    let mut left = DISCARDED_BYTES;
    while let Some(Ok(piece)) = stream.next().await {
        left = left.saturating_sub(piece.len() as u64);
        if left == 0 {
            return;
        }
    }
}

/// Parses a body, and says where it is wrong by line and column.
pub(super) async fn parse<T: DeserializeOwned + Send + 'static>(body: Bytes) -> Result<T, ApiError> {
    offload(body.len(), move || {
        serde_json::from_slice(&body).map_err(|err| match err.classify() {
            serde_json::error::Category::Data => ApiError::Shape(err),
            _ => ApiError::Malformed(err),
        })
    })
    .await?
}

/// Runs work on so many bytes: here if that is quick, else where it holds nobody up.
pub(super) async fn offload<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    if bytes < LARGE_BODY_BYTES {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::Internal("work on a large body panicked"))
}

/// The job that the path names.
pub(super) struct JobPath(pub(super) JobId);

impl<S: Send + Sync> FromRequestParts<S> for JobPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| ApiError::Id("(not UTF-8)".to_owned()))?;
        text.parse().map(Self).map_err(|_| ApiError::Id(text))
    }
}

/// Names in the path, as many as the route has.
pub(super) struct Names<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Names<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(names)| Self(names)).map_err(|_| ApiError::NoRoute)
    }
}

/// A query string whose every parameter `T` knows.
pub(super) struct Params<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let Query(params) = Query::try_from_uri(&parts.uri).map_err(|err| ApiError::Query(inner(&err)))?;
        Ok(Self(params))
    }
}

/// The deserialiser's own words, without axum's around them.
fn inner(err: &dyn std::error::Error) -> String {
    let mut err = err;
    while let Some(source) = err.source() {
        err = source;
    }
    err.to_string()
}

/// `?wait=10s`: how long the answer may take.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wait {
    /// How long the answer may take, such as `10s` or `500ms`; the manager bounds it.
    #[param(value_type = Option<String>, example = "10s")]
    #[serde(deserialize_with = "duration")]
    pub(super) wait: Duration,
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    let parsed = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    parsed.ok_or_else(|| serde::de::Error::custom(format_args!("`{text}` is no duration; write `10s` or `500ms`")))
}
