//! `/openapi.json`: the endpoints as their handlers describe them, and what all of them have in common.

use std::{collections::BTreeMap, sync::Arc};

use ampoule_protocol::{Problem, Role};
use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use utoipa::{PartialSchema, openapi::OpenApi};

use super::problem::CODES;

/// What was documented, and what it needs: by path and method.
pub(super) type Needs = BTreeMap<(String, String), Option<Role>>;

/// Notes which role a router's endpoints need.
pub(super) fn note(needs: &mut Needs, of: &OpenApi, role: Option<Role>) {
    let paths = serde_json::to_value(&of.paths).unwrap_or_default();
    for (path, item) in paths.as_object().into_iter().flatten() {
        needs.extend(methods(item).map(|method| ((path.clone(), method.to_owned()), role)));
    }
}

fn methods(item: &Value) -> impl Iterator<Item = &str> {
    const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];
    METHODS.into_iter().filter(|method| item.get(method).is_some())
}

/// The whole document.
pub(super) fn document(of: &OpenApi, needs: &Needs) -> Value {
    let mut document = serde_json::to_value(of).unwrap_or_default();
    document["info"] = json!({
        "title": "Ampoule", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        "description": "Runs JavaScript that somebody else wrote. Every error is a problem document (RFC 9457) with a stable `code`.",
    });
    let mut problem = serde_json::to_value(Problem::schema()).unwrap_or_default();
    let codes: std::collections::BTreeSet<&str> = CODES.iter().map(|(_, code, _)| *code).collect();
    problem["properties"]["code"]["enum"] = codes.into_iter().collect();
    document["components"]["schemas"]["Problem"] = problem;
    document["components"]["securitySchemes"] = json!({"key": {"type": "http", "scheme": "bearer"}});
    for ((path, method), role) in needs {
        let operation = &mut document["paths"][path][method];
        // Libraries have the same handlers.
        if let Some(name) = operation["operationId"].as_str().filter(|_| path.starts_with("/v1/libraries")) {
            operation["operationId"] = name.replace("script", "library").into();
            operation["tags"] = json!(["libraries"]);
        }
        complete(operation, path, *role);
    }
    plain(&mut document);
    document
}

/// Adds to an operation what its handler does not say, because others do it for all.
fn complete(operation: &mut Value, path: &str, role: Option<Role>) {
    let mut statuses = vec![403, 500, 503];
    if let Some(role) = role {
        operation["security"] = json!([{"key": []}]);
        operation["x-role"] = role.as_str().into();
        let header = json!({
            "name": "ampoule-tenant", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "The tenant that the request is about; only an admin's key may name one.",
        });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(header),
            None => operation["parameters"] = json!([header]),
        }
        statuses.extend([400, 401, 404, 429]);
    }
    if operation.get("requestBody").is_some() {
        statuses.extend([400, 413, 415, 422]);
    }
    if path.contains('{') {
        statuses.extend([400, 404, 422]);
    }
    let responses = operation["responses"].as_object_mut();
    let documented = responses.iter().flat_map(|responses| responses.keys()).filter_map(|status| status.parse::<u16>().ok());
    statuses.extend(documented.filter(|status| *status >= 400).collect::<Vec<_>>());
    for status in statuses {
        let codes: Vec<&str> = CODES.iter().filter(|(of, ..)| of.as_u16() == status).map(|(_, code, _)| *code).collect();
        let response = &mut operation["responses"][status.to_string()];
        let said = response["description"].as_str().map_or_else(|| codes.join(", "), str::to_owned);
        *response = json!({
            "description": said, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
    }
}

/// Takes rustdoc's link brackets out of descriptions.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "description" || name == "summary" => *text = text.replace("[`", "`").replace("`]", "`"),
                    value => plain(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Answers with the document, which never changes.
pub(super) fn answer(document: &Value) -> impl Fn() -> std::future::Ready<Response> + Clone + Send + Sync + 'static {
    let text: Arc<str> = document.to_string().into();
    move || std::future::ready(([(header::CONTENT_TYPE, "application/json")], text.to_string()).into_response())
}
