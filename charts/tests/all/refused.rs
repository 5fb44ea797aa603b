//! What a manifest may not say: each mistake gets one clear message at its line.

use crate::{changed, manifest};

/// Replaces a text of the manifest; the messages, without file and line, must be these.
fn check(from: &str, to: &str, wanted: &[&str]) {
    let text = manifest();
    let before = text.split(from).next().unwrap();
    let first = before.lines().count() as u64;
    let problems = changed(from, to).expect_err(to);
    let told: Vec<_> = problems.problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message)).collect();
    assert_eq!(told, wanted, "{from} -> {to}");
    if let [problem] = &problems.problems[..] {
        assert!(problem.line > 0 && problem.line <= text.lines().count() as u64);
        // The place is named where the text was changed, unless another part is what has become wrong.
        if to.contains(problem.key.rsplit('.').next().unwrap()) && !problem.key.is_empty() {
            assert!((first..=first + 1 + to.lines().count() as u64).contains(&problem.line), "{problems} for a change near line {first}");
        }
    }
}

#[test]
fn unknown_and_missing_keys_and_wrong_types() {
    check(
        "    disruption: {max_unavailable: 25%}",
        "    disruptions: {max_unavailable: 25%}",
        &["components.worker.disruptions: is not known here, did you mean `disruption`?"],
    );
    check(
        "  namespace: ampoule\n",
        "",
        &[
            "install: `namespace` is missing: Namespace of what is rendered outside the chart; the chart itself goes where Helm is told to. Object names carry no release name: one install per namespace.",
        ],
    );
    check("number: 9090", "number: high", &["components.prometheus.ports.http-web.number: must be an integer, not `high`"]);
    check("number: 9090", "number: 90900", &["components.prometheus.ports.http-web.number: 90900 is out of range: 0 to 65535"]);
    check("kind: statefulset", "kind: stateful", &["components.manager.kind: must not be `stateful`, did you mean `statefulset`?"]);
    check(
        "{url: \"manager:http-web\"}",
        "{uri: \"manager:http-web\"}",
        &["components.worker.env.AMPOULE_MANAGER: `uri` is not known here, did you mean `url`?"],
    );
    check(
        "AMPOULE_LOG_JSON: \"true\"",
        "AMPOULE_LOG_JSON: true",
        &["components.manager.env.AMPOULE_LOG_JSON: must be text, not `true` (quote it if it is text)"],
    );
    check(
        "  combine: avg",
        "  combine: average",
        &["signals.scriptmanager_job_queue_size.combine: must not be `average`; there is `avg`, `sum`, `max`"],
    );
}

#[test]
fn dangling_references() {
    check(
        "    image: ampoule\n    command: [ampoule, worker]",
        "    image: ampule\n    command: [ampoule, worker]",
        &["components.worker.image: there is no image `ampule`, did you mean `ampoule`?"],
    );
    check(
        "{url: \"manager:http-web\"}",
        "{url: \"manager:http\"}",
        &[
            "components.worker.env.AMPOULE_MANAGER: component `manager` has no port `http`; there is `http-web`",
            "components.worker.env.AMPOULE_MANAGER: worker would dial manager:http, and no connection lets it; add worker → manager to `connections`",
        ],
    );
    check(
        "AMPOULE_WORKER_KEY_FILE: {secret_file: keys.worker}\n    knobs:\n      slots",
        "AMPOULE_WORKER_KEY_FILE: {secret_file: keys.workers}\n    knobs:\n      slots",
        &["components.worker.env.AMPOULE_WORKER_KEY_FILE: there is no key of secret `keys`: `workers`, did you mean `worker`?"],
    );
    check(
        "signal: scriptmanager_job_queue_size",
        "signal: queue_size",
        &[
            "components.worker.scaling.signal: there is no signal `queue_size`; there is `scriptmanager_job_queue_size`",
            "signals.scriptmanager_job_queue_size: is used by no component; take it away, or refer to it",
        ],
    );
    check(
        "from: worker, to: dns",
        "from: worker, to: dsn",
        &[
            "components.worker.isolation.out[0]: there is no connection worker → dns; take it away, or add the connection",
            "connections[1].to: there is no component `dsn`, did you mean `dns`?",
        ],
    );
    check(
        "AMPOULE_SLOTS: {knob: slots}",
        "AMPOULE_SLOTS: {knob: slot}",
        &[
            "components.worker.env.AMPOULE_SLOTS: there is no knob `slot`, did you mean `slots`?",
            "components.worker.knobs.slots: is used by no variable and no port; take it away, or refer to it",
        ],
    );
    check(
        "worker.slots: 2",
        "worker.slot: 2",
        &["profiles.laptop.values.worker.slot: there is no knob `worker.slot`, did you mean `worker.slots`?"],
    );
    check(
        "worker.slots: 2",
        "worker.slots: 20000",
        &["profiles.laptop.values.worker.slots: `20000` is not possible; an integer from 1 to 10000"],
    );
}

#[test]
fn duplicates() {
    check(
        "  prometheus:\n    kind",
        "  worker:\n    kind",
        &[
            "components.manager.isolation.in[4]: there is no component `prometheus`; there is `bucket`, `clients`, `database`, `dns`, `ingress`, `manager`, `manager-fleet`, `smoke`, `worker`",
            "components.manager-fleet.isolation.in[4]: there is no component `prometheus`; there is `bucket`, `clients`, `database`, `dns`, `ingress`, `manager`, `manager-fleet`, `smoke`, `worker`",
            "components.worker.scrape.collector: there is no component `prometheus`; there is `bucket`, `clients`, `database`, `dns`, `ingress`, `manager`, `manager-fleet`, `smoke`, `worker`",
            "components.worker.isolation.in[0]: there is no component `prometheus`; there is `bucket`, `clients`, `database`, `dns`, `ingress`, `manager`, `manager-fleet`, `smoke`, `worker`",
            ": `worker` is there twice; give each its own name",
            "connections[5].from: there is no component `prometheus`; there is `bucket`, `clients`, `database`, `dns`, `ingress`, `manager`, `manager-fleet`, `smoke`, `worker`",
            "connections[6].from: there is no component `prometheus`; there is `bucket`, `clients`, `database`, `dns`, `ingress`, `manager`, `manager-fleet`, `smoke`, `worker`",
            "signals.scriptmanager_job_queue_size.collector: there is no component `prometheus`; there is `bucket`, `clients`, `database`, `dns`, `ingress`, `manager`, `manager-fleet`, `smoke`, `worker`",
        ],
    );
    check(
        "  - {from: smoke",
        "  - {from: worker, to: dns, ports: [dns], doc: again}\n  - {from: smoke",
        &["connections[2]: worker → dns is connections[1] already; add the ports there"],
    );
    check(
        "      dns-tcp: {number: 53}",
        "      dns-tcp: {number: 53, protocol: UDP}",
        &["components.dns.ports.dns-tcp: 53/UDP is `dns` already; use that name"],
    );
    check(
        "\ncomponents:",
        "  api-too:\n    doc: Again\n    name: ampoule.example.com\n    routes: [{component: manager, port: http-web, paths: [/v1]}]\n\ncomponents:",
        &["hosts.api-too.name: `ampoule.example.com` is host `api` already; refer to that one"],
    );
}

#[test]
fn unequal_urls() {
    check(
        "{url: \"manager:http-web\"}",
        "http://ampoule-manager:8081",
        &["components.worker.env.AMPOULE_MANAGER: repeats a URL that could become unequal; write {url: \"manager:http-web\"}"],
    );
    check(
        "{url: \"manager:http-web\"}",
        "https://ampoule.example.com/",
        &["components.worker.env.AMPOULE_MANAGER: repeats a URL that could become unequal; write {url: \"host:api\"}"],
    );
    check(
        "{url: \"manager:http-web\"}",
        "https://elsewhere.example",
        &[
            "components.worker.env.AMPOULE_MANAGER: `elsewhere.example` is a URL of its own; declare it under `hosts` or `components`, then write {url: …}",
        ],
    );
}

#[test]
fn secrets_in_clear() {
    check(
        "AMPOULE_KEY: {secret: keys.submit}",
        "AMPOULE_KEY: 0123456789abcdef",
        &[
            "components.smoke.env.AMPOULE_KEY: a secret may not stand here in clear; write {secret_file: SECRET.KEY} or {secret: SECRET.KEY}",
        ],
    );
    check(
        "sqlite:/var/lib/ampoule/ampoule.sqlite",
        "postgres://ampoule:hunter2@db/ampoule",
        &["components.manager.env.AMPOULE_STORE: a password may not stand in a URL; keep it in a Secret and refer to it"],
    );
    check(
        "        export default () => {",
        "        // -----BEGIN PRIVATE KEY-----",
        &["components.smoke.files./smoke/hello.js: a private key may not stand here in clear; keep it in a Secret and refer to it"],
    );
    check(
        "AMPOULE_LOG_JSON: \"true\"",
        "AMPOULE_LOG_JSON: \"{{ .Values.secret }}\"",
        &["components.manager.env.AMPOULE_LOG_JSON: `{{` would be read as template code; a value that varies is a knob"],
    );
}

#[test]
fn connections_of_what_is_isolated() {
    check(
        "  - {from: smoke",
        "  - {from: worker, to: prometheus, ports: [http-web], doc: Metrics}\n  - {from: smoke",
        &["connections[2]: `worker` is isolated and may dial `dns`, `manager`, `bucket` only; worker → prometheus is refused"],
    );
    check(
        "in: [worker, smoke, clients, ingress, prometheus]",
        "in: [worker, smoke, clients, ingress]",
        &[
            "connections[5]: `manager` is isolated and may be dialled by `worker`, `smoke`, `clients`, `ingress` only; prometheus → manager is refused",
        ],
    );
    check(
        "  - {from: prometheus, to: manager, ports: [http-web], doc: Scrapes of /metrics}\n",
        "",
        &[
            "components.manager.isolation.in[4]: there is no connection prometheus → manager; take it away, or add the connection",
            "components.manager-fleet.isolation.in[4]: there is no connection prometheus → manager-fleet; take it away, or add the connection",
            "signals.scriptmanager_job_queue_size.collector: prometheus scrapes manager:http-web, and no connection lets it; add prometheus → manager to `connections`",
        ],
    );
}

#[test]
fn texts_that_an_installer_sets() {
    check("        pattern: \"^[a-z0-9-]*$\"\n", "", &["components.worker.knobs.blobRegion: is a text and needs `pattern`"]);
    check(
        "        default: 20\n        min: 1\n        max: 900\n",
        "        default: 20\n        min: 1\n        max: 900\n        pattern: \"^[0-9]*$\"\n",
        &["components.worker.knobs.drainSeconds: is no text: take `pattern` away"],
    );
    check(
        "host: {nets: [], nets_knob: true}",
        "host: {nets: []}",
        &["components.bucket.host.nets: names no network; any address is [0.0.0.0/0]"],
    );
    check(
        "AWS_REGION: {knob: blobRegion}",
        "AWS_REGION: {seconds: blobRegion}",
        &["components.worker.env.AWS_REGION: `blobRegion` is no integer"],
    );
}

#[test]
fn what_is_scraped() {
    check(
        "interval_seconds: 15, collector: prometheus}",
        "interval_seconds: 15, collector: smoke}",
        &[
            "components.worker.scrape.collector: `smoke` is installed here; a collector is an external component",
            "components.worker.scrape.collector: smoke scrapes worker:metrics, and no connection lets it; add smoke → worker to `connections`",
        ],
    );
    check(
        "scrape: {port: metrics,",
        "scrape: {port: metric,",
        &[
            "components.worker.scrape.collector: prometheus scrapes worker:metric, and no connection lets it; add prometheus → worker to `connections`",
            "components.worker.scrape.port: there is no port `metric`, did you mean `metrics`?",
        ],
    );
    check(
        "  - {from: prometheus, to: worker, ports: [metrics], doc: Scrapes of a worker's own metrics}\n",
        "",
        &[
            "components.worker.scrape.collector: prometheus scrapes worker:metrics, and no connection lets it; add prometheus → worker to `connections`",
            "components.worker.isolation.in[0]: there is no connection prometheus → worker; take it away, or add the connection",
        ],
    );
    check(
        "in: [prometheus]",
        "in: []",
        &["connections[6]: `worker` is isolated and may be dialled by nobody only; prometheus → worker is refused"],
    );
    check(
        "routes: [{component: manager, port: http-web, paths: [/v1/jobs,",
        "routes: [{component: worker, port: metrics, paths: [/v1/jobs,",
        &["hosts.api.routes[0]: `worker:metrics` is for `scrape` alone, and no service has it"],
    );
    check(
        "        default: false\n",
        "        default: {}\n",
        &["components.worker.ports.metrics.when: `metrics` is no switch; its default is neither true nor false"],
    );
}

#[test]
fn components_that_take_a_place() {
    check(
        "    stands_for: manager\n",
        "    stands_for: managers\n",
        &[
            "components.manager-fleet.stands_for: there is no component `managers`, did you mean `manager`?",
            "components.manager-fleet.isolation.in[0]: there is no connection worker → manager-fleet; take it away, or add the connection",
            "components.manager-fleet.isolation.in[1]: there is no connection smoke → manager-fleet; take it away, or add the connection",
            "components.manager-fleet.isolation.in[2]: there is no connection clients → manager-fleet; take it away, or add the connection",
            "components.manager-fleet.isolation.in[3]: there is no connection ingress → manager-fleet; take it away, or add the connection",
            "components.manager-fleet.isolation.in[4]: there is no connection prometheus → manager-fleet; take it away, or add the connection",
        ],
    );
    check(
        "    variant: fleet\n",
        "    variant: default\n",
        &[
            "components.manager-fleet.stands_for: each of `manager-fleet` and `manager` needs a `variant` of its own, or both would be there",
        ],
    );
    check(
        "    doc: HTTP API and job queue. Its replicas share a database, and each tells the same queue size\n    image: ampoule\n    command: [ampoule, manager]\n    service_account: manager\n    ports:\n      http-web: {number: 8080}",
        "    doc: Other\n    image: ampoule\n    command: [ampoule, manager]\n    service_account: manager\n    ports:\n      http-web: {number: 8081}",
        &["components.manager-fleet.ports: must be those of `manager`, whose place it takes"],
    );
}

#[test]
fn kinds_and_names() {
    check("    resources: {cpu: 100m, memory: 64Mi, doc: An HTTP client}\n", "", &["components.smoke: kind test needs `resources`"]);
    check(
        "    kind: test\n",
        "    kind: test\n    disruption: {max_unavailable: \"1\"}\n",
        &["components.smoke.disruption: means nothing for kind test; take it away"],
    );
    check("  laptop:", "  Laptop:", &["profiles.Laptop: `Laptop` is no DNS label; use a-z, 0-9 and -, beginning with a letter"]);
    check("[\"1.30\", \"1.34\"]", "[\"1.34\", \"1.30\"]", &["install.kubernetes: must begin with the oldest version"]);
}

#[test]
fn everything_at_once_with_places() {
    let text = manifest()
        .replace("    disruption: {max_unavailable: 25%}", "    disruptions: {}")
        .replace("from: worker, to: dns", "from: worker, to: dsn")
        .replace("AMPOULE_KEY: {secret: keys.submit}", "AMPOULE_KEY: 0123456789abcdef")
        .replace("worker.slots: 2", "worker.slots: 0");
    let told = ampoule_charts::read("a.yaml", &text).unwrap_err().to_string();
    for line in told.lines() {
        let number: usize = line.strip_prefix("a.yaml:").unwrap().split(':').next().unwrap().parse().unwrap();
        assert!(number > 1, "{line}");
    }
    let of = |part: &str| told.lines().filter(|line| line.contains(part)).count();
    assert_eq!(
        (told.lines().count(), of("disruptions"), of("dsn"), of("in clear"), of("worker.slots"), of("isolation")),
        (5, 1, 1, 1, 1, 1),
        "{told}"
    );
}

#[test]
fn text_that_is_no_yaml() {
    let problems = ampoule_charts::read("a.yaml", "install: [1\nhosts: 2").unwrap_err();
    assert_eq!(problems.problems.len(), 1, "{problems}");
    assert!(problems.to_string().starts_with("a.yaml:2: is no YAML: "), "{problems}");
    assert!(ampoule_charts::read("a.yaml", "").is_err());
}
