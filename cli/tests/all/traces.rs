//! One trace from a client's request through the queue to the run, as a collector of OpenTelemetry sees it, and the log lines that name it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ampoule_manager::{
    StoreUrl,
    queue::{Ears, Firing, LeasePolicy, Queue},
};
use ampoule_protocol::TenantName;
use axum::{Router, body::Bytes, routing::post};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value as Any},
};
use prost::Message as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, ampoule, ampoule_with, eventually, file, folder, id, job};

/// Throws at the first attempt.
const SOURCE: &str = "
    export default (input, libraries, ctx) => {
        if (ctx.attempt < 2) throw new Error('not yet');
        return ctx.attempt;
    };";

#[derive(Clone, Debug)]
struct Span {
    service: String,
    name: String,
    trace: String,
    id: String,
    parent: String,
    nanos: u64,
    attributes: HashMap<String, String>,
}

type Seen = Arc<Mutex<Vec<Span>>>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn texts(attributes: &[KeyValue]) -> HashMap<String, String> {
    let text = |value: &KeyValue| match value.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Any::StringValue(text)) => text.clone(),
        Some(Any::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|value| (value.key.clone(), text(value))).collect()
}

/// A collector: takes spans over OTLP/HTTP.
async fn collector() -> (String, Seen) {
    let (seen, listener) = (Seen::default(), tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("http://{}", listener.local_addr().unwrap());
    let spans = seen.clone();
    let take = move |body: Bytes| async move {
        for of in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
            let service = texts(&of.resource.unwrap().attributes)["service.name"].clone();
            for span in of.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                spans.lock().unwrap().push(Span {
                    service: service.clone(),
                    name: span.name,
                    trace: hex(&span.trace_id),
                    id: hex(&span.span_id),
                    parent: hex(&span.parent_span_id),
                    nanos: span.end_time_unix_nano - span.start_time_unix_nano,
                    attributes: texts(&span.attributes),
                });
            }
        }
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/traces", post(take))).await });
    (url, seen)
}

/// The spans of a trace once there are so many.
async fn spans(seen: &Seen, trace: &str, count: usize) -> Vec<Span> {
    eventually(async || {
        let found: Vec<Span> = seen.lock().unwrap().iter().filter(|span| span.trace == trace).cloned().collect();
        (found.len() >= count).then_some(found)
    })
    .await
}

fn named<'a>(spans: &'a [Span], name: &str) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// Trace ids of the lines of a JSON log that say this.
fn traces_of(server: &Server, message: &str) -> Vec<String> {
    let log = server.log();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    let said = lines.filter(|line| line["fields"]["message"] == message);
    said.filter_map(|line| line["span"]["trace_id"].as_str().map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_sees_one_trace_from_submit_to_run() {
    let (collector, seen) = collector().await;
    let folder = folder();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("AMPOULE_LOG", "ampoule_manager=debug,ampoule_worker=debug"),
    ];
    let manager = Server::manager_with(&variables, folder.path(), &["--log-json"]);
    let worker = Server::worker_with(&variables, &manager.url, folder.path(), "worker", &["--log-json"]);

    let (trace, client) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let mut body = job(SOURCE, json!(null));
    body["retry"] = json!({"max_attempts": 3, "on_throw": true, "backoff_ms": 20});
    let request = manager.request(Method::POST, "/v1/jobs").json(&body).header("traceparent", format!("00-{trace}-{client}-01"));
    let stored = manager.send(request).await.json(202);
    assert_eq!(stored["trace_id"], trace);
    let finished = manager.finished(&id(&stored)).await;
    assert_eq!((&finished["outcome"]["value"], &finished["trace_id"]), (&json!(2), &json!(trace)));

    let found = spans(&seen, trace, 5).await;
    let (submits, queues, runs) = (named(&found, "POST /v1/jobs"), named(&found, "queue"), named(&found, "run"));
    assert_eq!((submits.len(), queues.len(), runs.len(), found.len()), (1, 2, 2, 5), "{found:#?}");
    assert_eq!((submits[0].parent.as_str(), submits[0].service.as_str()), (client, "ampoule-manager"));
    assert_eq!(submits[0].attributes["http.response.status_code"], "202");
    assert!(queues.iter().all(|queue| queue.parent == submits[0].id && queue.service == "ampoule-manager"), "{found:#?}");
    for (run, (attempt, outcome)) in runs.iter().zip([("1", "threw"), ("2", "returned")]) {
        let queue = queues.iter().find(|queue| queue.id == run.parent).unwrap_or_else(|| panic!("{found:#?}"));
        assert_eq!((run.service.as_str(), run.attributes["ampoule.outcome"].as_str()), ("ampoule-worker", outcome));
        for span in [run, queue] {
            assert_eq!((&span.attributes["ampoule.job.id"], span.attributes["ampoule.job.attempt"].as_str()), (&id(&stored), attempt));
        }
        assert!(run.nanos > 0 && run.attributes["ampoule.fuel"].parse::<u64>().unwrap() > 0);
    }
    assert_eq!(traces_of(&manager, "a job is submitted"), [trace]);
    assert_eq!(traces_of(&worker, "a run has ended"), [trace, trace]);

    // Without a client's trace, the request begins one; a schedule that is run does so too.
    let alone = manager.post("/v1/jobs?wait=20s", &job("export default () => 1", json!(null))).await.json(200);
    let own = alone["trace_id"].as_str().unwrap();
    let found = spans(&seen, own, 3).await;
    assert_eq!(named(&found, "POST /v1/jobs")[0].parent, "");
    let schedule = json!({"name": "nightly", "cron": "0 3 * * *", "job": job("export default () => 2", json!(null))});
    manager.post("/v1/schedules", &schedule).await.json(201);
    let fired = manager.post("/v1/schedules/nightly/run", &json!({})).await.json(202);
    let found = spans(&seen, fired["trace_id"].as_str().unwrap(), 3).await;
    let asked = named(&found, "POST /v1/schedules/{name}/run")[0];
    assert_eq!((&named(&found, "queue")[0].parent, &named(&found, "run")[0].parent), (&asked.id, &named(&found, "queue")[0].id));
    // What its calendar fires is a trace of its own.
    let store = StoreUrl::Sqlite(folder.path().join("queue.sqlite"));
    let policy = LeasePolicy { lease: Duration::from_secs(15), max_attempts: 1, acquire_bytes: 1 };
    let queue = Queue::open(&store, policy, 1, Ears::deaf()).await.unwrap();
    let revision = queue.schedule(&TenantName::default(), "nightly").await.unwrap().unwrap().revision;
    let next_ms = Some(queue.now().as_millisecond());
    let firing =
        Firing { tenant: TenantName::default(), name: "nightly".into(), revision, next_ms, last_ms: None, last_job: None, problem: None };
    assert!(queue.fire(firing, vec![], queue.now()).await.unwrap());
    queue.close().await;
    let fired = eventually(async || seen.lock().unwrap().iter().find(|span| span.name == "schedule").cloned()).await;
    let found = spans(&seen, &fired.trace, 3).await;
    assert_eq!((fired.parent.as_str(), fired.attributes["ampoule.schedule.name"].as_str()), ("", "nightly"));
    assert_eq!((&named(&found, "queue")[0].parent, &named(&found, "run")[0].parent), (&fired.id, &named(&found, "queue")[0].id));
    // Workers and probes, which ask all the time, are in no trace.
    assert!(seen.lock().unwrap().iter().all(|span| !span.name.contains("lease") && !span.name.contains("metrics")));

    // What is on its way when a process is told to stop is sent.
    let last = manager.post("/v1/jobs?wait=20s", &job("export default () => 3", json!(null))).await.json(200);
    for mut server in [worker, manager] {
        server.signal("TERM");
        assert_eq!(server.ended(Duration::from_secs(20)), Some(0));
    }
    spans(&seen, last["trace_id"].as_str().unwrap(), 3).await;
}

#[tokio::test]
async fn a_clients_trace_goes_with_its_job_where_nothing_is_recorded() {
    let folder = folder();
    let server = Server::serve_with(&[("AMPOULE_LOG", "ampoule_worker=debug")], folder.path(), &["--log-json"]);
    let alone = server.post("/v1/jobs?wait=20s", &job("export default () => 1", json!(null))).await.json(200);
    assert!(alone.get("trace_id").is_none(), "{alone}");
    let script = file(&folder, "script.js", "export default () => 1");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-00");
    let submitted = ampoule_with(&[("TRACEPARENT", &parent)], &["submit", &script, "--wait", "--json", "--manager", &server.url]).json();
    assert_eq!(submitted["trace_id"], trace);
    let shown = ampoule(&["job", &id(&submitted), "--json", "--manager", &server.url]).json();
    assert_eq!(shown["trace_id"], trace);
    assert_eq!(traces_of(&server, "a run has ended"), [trace]);
    // A header that is none counts as absent.
    let odd = server.request(Method::POST, "/v1/jobs").json(&job("export default () => 1", json!(null))).header("traceparent", "01-zz");
    assert!(server.send(odd).await.json(202).get("trace_id").is_none());
}

#[test]
fn what_cannot_be_sent_is_said_at_the_start() {
    let folder = folder();
    let data = folder.path().to_str().unwrap();
    for (variables, said) in [
        (
            [("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_BSP_SCHEDULE_DELAY", "50")],
            "OTEL_TRACES_EXPORTER must be otlp or none, not `zipkin`",
        ),
        (
            [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
            "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, not `grpc`",
        ),
    ] {
        ampoule_with(&variables, &["serve", "--listen", "127.0.0.1:0", "--data", data]).says(2, &[said]);
    }
}
