//! Which trace a request belongs to.

use std::sync::Arc;

use ampoule_protocol::TraceParent;
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use tracing::Instrument as _;

use super::Api;

/// The header of W3C trace context. One that is malformed counts as absent, as the standard wants it.
const HEADER: &str = "traceparent";

/// Lets handlers find the trace as an extension, and log lines name it.
pub(super) async fn traced(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(HEADER).and_then(|value| value.to_str().ok()?.parse::<TraceParent>().ok());
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let asked = api.traces.request(request.method().as_str(), route, sent);
    let Some(context) = asked.as_ref().map(|asked| asked.context()).or(sent) else { return next.run(request).await };
    request.extensions_mut().insert(context);
    let span = tracing::info_span!("request", trace_id = context.trace_id_hex());
    let response = next.run(request).instrument(span).await;
    if let Some(asked) = asked {
        asked.answered(response.status().as_u16());
    }
    response
}
