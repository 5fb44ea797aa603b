//! What may not stand in a manifest as it is: secrets, URLs that something else must agree with, and template code.

use serde_json::Value;

use super::Check;
use crate::{
    manifest::{Env, EnvSource},
    source::member,
};

/// Ends of variable names that hold secrets.
const SECRET_NAMES: [&str; 8] = ["_KEY", "_PASSWORD", "_PASSWD", "_SECRET", "_TOKEN", "_CREDENTIALS", "_PASSPHRASE", "_APIKEY"];

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, component) in &manifest.components {
        for (variable, value) in &component.env {
            let key = format!("components.{name}.env.{variable}");
            let secret = SECRET_NAMES.iter().any(|end| variable.ends_with(end));
            match value {
                Env::Text(_) if secret => {
                    check.tell(key, "a secret may not stand here in clear; write {secret_file: SECRET.KEY} or {secret: SECRET.KEY}");
                }
                Env::From(
                    EnvSource::Knob(_) | EnvSource::Seconds(_) | EnvSource::Hours(_) | EnvSource::Mebibytes(_) | EnvSource::Json(_),
                ) if secret => {
                    check.tell(key, "a secret is no knob, values files are read by many; write {secret_file: SECRET.KEY}");
                }
                Env::Text(text) => literal_url(check, &key, text),
                Env::From(_) => {}
            }
        }
        for (index, argument) in component.command.iter().enumerate() {
            literal_url(check, &format!("components.{name}.command[{index}]"), argument);
        }
    }
    let value = check.source.value.clone();
    every_text(check, "", &value);
}

/// A URL is written once, under `hosts` or as a component's port; every other place refers to it, so that no two can differ.
fn literal_url(check: &mut Check<'_>, key: &str, text: &str) {
    let Some((_, rest)) = text.split_once("://").filter(|(scheme, _)| ["http", "https", "ws", "wss"].contains(scheme)) else { return };
    let name = rest.split(['/', ':', '?']).next().unwrap_or_default();
    let host = check.manifest.hosts.iter().find(|(_, host)| host.name == name).map(|(host, _)| format!("host:{host}"));
    let ours = check.manifest.components.iter().find(|(component, _)| {
        let object = format!("{}-{component}", check.manifest.chart_of(None));
        name == object || name.starts_with(&format!("{object}."))
    });
    let component = ours.and_then(|(component, part)| Some(format!("{component}:{}", part.ports.keys().next()?)));
    match host.or(component) {
        Some(reference) => check.tell(key, format!("repeats a URL that could become unequal; write {{url: \"{reference}\"}}")),
        None => check.tell(key, format!("`{name}` is a URL of its own; declare it under `hosts` or `components`, then write {{url: …}}")),
    }
}

/// Looks at every text of the manifest, wherever it is.
fn every_text(check: &mut Check<'_>, key: &str, value: &Value) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| every_text(check, &member(key, name), value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| every_text(check, &format!("{key}[{index}]"), item)),
        Value::String(text) => {
            if text.contains("{{") {
                check.tell(key, "`{{` would be read as template code; a value that varies is a knob");
            }
            if text.contains("-----BEGIN") && text.contains("PRIVATE KEY") {
                check.tell(key, "a private key may not stand here in clear; keep it in a Secret and refer to it");
            }
            let authority = text.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
            if authority.split_once('@').is_some_and(|(user, _)| user.contains(':')) {
                check.tell(key, "a password may not stand in a URL; keep it in a Secret and refer to it");
            }
        }
        _ => {}
    }
}
