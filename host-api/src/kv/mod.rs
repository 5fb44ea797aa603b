//! `ctx.kv`: keys and values that outlive a run, kept by the run's [`Backing`].

mod local;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Instant};

use ampoule_protocol::{Access, Grants, Json, KvAnswer, KvAsk, KvQuota, MAX_KV_LISTED, NameRule};
use serde::Deserialize;
use serde_json::{Value, json};

pub use self::local::{LocalKv, LocalKvError};
use crate::{
    Answer, Backing, Body, Failure,
    call::{Called, Calling, arguments, at_once},
    ledger::{Kind, Ledger, Use},
};

/// The namespaces of a run.
#[derive(Debug)]
pub(crate) struct Kv(Vec<NameRule>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Args {
    kv: String,
    #[serde(default)]
    key: String,
    ttl_ms: Option<f64>,
    if_version: Option<u64>,
    #[serde(default)]
    prefix: String,
    after: Option<String>,
    limit: Option<u32>,
}

impl Kv {
    pub(crate) fn granted(grants: &Grants) -> Self {
        Self(grants.kv.clone())
    }

    /// `kv.VERB {kv, key, …}`, a value's JSON beside.
    pub(crate) fn call(&self, verb: &str, args: &str, body: Vec<u8>, ledger: &Arc<Ledger>, backing: Option<&Arc<dyn Backing>>) -> Calling {
        match self.begin(verb, args, body, ledger, backing) {
            Ok(calling) => calling,
            Err(failure) => at_once(Err(failure)),
        }
    }

    fn begin(
        &self,
        verb: &str,
        args: &str,
        body: Vec<u8>,
        ledger: &Arc<Ledger>,
        backing: Option<&Arc<dyn Backing>>,
    ) -> Result<Calling, Failure> {
        let args: Args = arguments(args)?;
        let namespace = args.kv.clone();
        let ask = ask(verb, args, body)?;
        let needed = if ask.writes() { Access::Write } else { Access::Read };
        if !Grants::allows(&self.0, &namespace, needed) {
            let why = if Grants::allows(&self.0, &namespace, Access::Read) {
                "the namespace is granted for reading only"
            } else {
                "this job was not granted that namespace"
            };
            return Err(ledger.not_granted(format!("kv {namespace}:{}", needed.as_str()), why));
        }
        ask.check().map_err(|wrong| Failure::wrong(wrong.to_string()))?;
        let Some(backing) = backing else {
            return Err(ledger.not_granted(format!("kv {namespace}:{}", needed.as_str()), "it is granted, but nothing here keeps it"));
        };
        let (name, ledger) = (format!("{namespace}/{}", ask.key()), Arc::clone(ledger));
        let (writes, out) = (ask.writes(), value_bytes(&ask));
        let asked = backing.kv(&namespace, ask);
        Ok(Box::pin(async move {
            let started = Instant::now();
            let answered = asked.await;
            let bytes_in = match &answered {
                Ok(KvAnswer::Found { value, .. }) => value.len() as u64,
                Ok(KvAnswer::Keys { items, .. }) => items.iter().map(|item| item.key.len() as u64).sum(),
                _ => 0,
            };
            // A write whose answer got lost may have taken place.
            let written = writes && !matches!(answered, Ok(KvAnswer::Differs { .. } | KvAnswer::Full { .. } | KvAnswer::Absent));
            let bytes_out = if written { out } else { 0 };
            ledger.note(Kind::Kv, &name, Use { bytes_in, bytes_out, took: started.elapsed(), written });
            told(answered.map_err(|error| error.failure("KvError"))?)
        }))
    }
}

fn ask(verb: &str, args: Args, body: Vec<u8>) -> Result<KvAsk, Failure> {
    let Args { key, ttl_ms, if_version, prefix, after, limit, .. } = args;
    Ok(match verb {
        "get" => KvAsk::Get { key },
        "set" => {
            let text = String::from_utf8(body).map_err(|_| Failure::wrong("the value is not UTF-8"))?;
            let value = Json::parse(text).map_err(|error| Failure::wrong(format!("the value: {error}")))?;
            // A number of JavaScript's; what is no length of time is refused by the check.
            KvAsk::Set { key, value, ttl_ms: ttl_ms.map(|ms| ms.ceil() as u64), if_version }
        }
        "delete" => KvAsk::Delete { key, if_version },
        "list" => KvAsk::List { prefix, after, limit: limit.unwrap_or(MAX_KV_LISTED) },
        _ => return Err(Failure::wrong(format!("a namespace has no `{verb}`"))),
    })
}

fn value_bytes(ask: &KvAsk) -> u64 {
    if let KvAsk::Set { value, .. } = ask { value.len() as u64 } else { 0 }
}

/// What the script hears.
fn told(answer: KvAnswer) -> Called {
    let failed = |code, message: String| Err(Failure::new("KvError", code, message));
    match answer {
        KvAnswer::Found { value, version } => Ok(Answer { value: json!(version), body: Body::Text(value.as_str().to_owned()) }),
        KvAnswer::Absent => Answer::of(Value::Null),
        KvAnswer::Written { version } => Answer::of(json!(version)),
        KvAnswer::Deleted => Answer::of(json!(true)),
        KvAnswer::Keys { items, next } => Answer::of(json!({ "items": items, "next": next })),
        KvAnswer::Differs { version: 0 } => failed("conflict", "there is no such key".to_owned()),
        KvAnswer::Differs { version } => failed("conflict", format!("the key has version {version}")),
        KvAnswer::Full { quota } => failed(
            "quota",
            match quota {
                KvQuota::Keys => "the namespace has as many keys as it may",
                KvQuota::Bytes => "the namespace holds as much as it may",
                KvQuota::Namespaces => "the tenant has as many namespaces as it may",
            }
            .to_owned(),
        ),
    }
}
