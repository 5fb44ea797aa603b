//! Asks a live place whether a platform can stand there. All probes run at once; one that cannot run here says so and is not taken for passed.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{IsTerminal as _, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ampoule_charts::{Ask, Plan, Probe, probes};
use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::{
    net::{TcpStream, lookup_host},
    sync::Semaphore,
    task::JoinSet,
};

use crate::{exit::Exit, input};

/// Probes at once: enough for a platform, few enough for a laptop's resolver.
const AT_ONCE: usize = 16;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The manifest: YAML.
    pub(crate) manifest: PathBuf,
    /// Only probes whose name begins so: `dns`, `tcp.postgresql`. May be given several times.
    #[arg(long, value_name = "PREFIX")]
    only: Vec<String>,
    /// The profiles that it will be installed with: what only others need is not asked. May be given several times.
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// How long one probe may take.
    #[arg(long, default_value = "5s", value_parser = input::duration_ms)]
    timeout: u64,
    /// Print the results as JSON.
    #[arg(long)]
    json: bool,
}

/// How a probe ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result", content = "detail")]
enum Verdict {
    Passed(String),
    Failed(String),
    /// What it needs is not here: a tool, or access. Nothing is known.
    CouldNotRun(String),
}

#[derive(Serialize)]
struct Row {
    id: String,
    #[serde(flatten)]
    verdict: Verdict,
    doc: String,
}

/// Exits with 2 unless every probe ran and passed.
pub(crate) async fn preflight(plan: &Plan, args: &Args) -> Result<Exit> {
    let known: BTreeSet<_> = plan.charts.iter().flat_map(|chart| &chart.profiles).map(|profile| profile.name.as_str()).collect();
    if let Some(other) = args.profile.iter().find(|name| !known.contains(name.as_str())) {
        bail!("there is no profile `{other}`; there is {}", known.into_iter().collect::<Vec<_>>().join(", "));
    }
    let profiles: Vec<_> = args.profile.iter().map(String::as_str).collect();
    // Whoever names a probe wants to know, whatever the values are.
    let named = |probe: &Probe| args.only.iter().any(|prefix| probe.id.starts_with(prefix.as_str()));
    let wanted = |probe: &Probe| if args.only.is_empty() { probe.is_for(plan, &profiles) } else { named(probe) };
    let all: Vec<_> = probes(plan).into_iter().filter(wanted).collect();
    if all.is_empty() {
        let ids: Vec<_> = probes(plan).into_iter().map(|probe| probe.id).collect();
        bail!("no probe has such a name; there is {}", ids.join(", "));
    }
    let rows = run(all, Duration::from_millis(args.timeout)).await;
    let count = |test: fn(&Verdict) -> bool| rows.iter().filter(|row| test(&row.verdict)).count();
    let passed = count(|verdict| matches!(verdict, Verdict::Passed(_)));
    let failed = count(|verdict| matches!(verdict, Verdict::Failed(_)));
    let unknown = rows.len() - passed - failed;
    if args.json {
        println!("{:#}", serde_json::json!({"passed": passed, "failed": failed, "could_not_run": unknown, "probes": rows}));
    } else {
        let width = rows.iter().map(|row| row.id.len()).max().unwrap_or_default();
        for row in &rows {
            let (mark, detail) = match &row.verdict {
                Verdict::Passed(detail) => ("passed       ", detail),
                Verdict::Failed(detail) => ("FAILED       ", detail),
                Verdict::CouldNotRun(detail) => ("could not run", detail),
            };
            println!("{mark}  {:width$}  {detail}", row.id);
        }
        println!("{passed} passed, {failed} failed, {unknown} could not run");
    }
    Ok(if passed == rows.len() { Exit::Done } else { Exit::Usage })
}

async fn run(probes: Vec<Probe>, timeout: Duration) -> Vec<Row> {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(probes.len() as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    let (slots, mut tasks) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for (index, probe) in probes.iter().cloned().enumerate() {
        let (slots, bar) = (slots.clone(), bar.clone());
        tasks.spawn(async move {
            let _slot = slots.acquire_owned().await;
            let answer = tokio::time::timeout(timeout, ask(&probe.ask)).await;
            bar.set_message(probe.id);
            bar.inc(1);
            let late = || (Verdict::Failed(format!("no answer within {timeout:?}")), Vec::new());
            (index, answer.unwrap_or_else(|_| late()))
        });
    }
    let mut verdicts = BTreeMap::new();
    let mut addresses: Vec<(String, Vec<String>)> = Vec::new();
    while let Some(Ok((index, (verdict, found)))) = tasks.join_next().await {
        if matches!(probes[index].ask, Ask::Dns { .. }) {
            addresses.push((probes[index].id.clone(), found));
        }
        verdicts.insert(index, verdict);
    }
    bar.finish_and_clear();
    let mut rows: Vec<_> = probes
        .into_iter()
        .enumerate()
        .map(|(index, probe)| {
            let verdict = verdicts.remove(&index).unwrap_or_else(|| Verdict::CouldNotRun("the probe was lost".to_owned()));
            Row { id: probe.id, verdict, doc: probe.doc }
        })
        .collect();
    if addresses.len() > 1 {
        let doc = "All public names lead to one load balancer".to_owned();
        rows.push(Row { id: "dns.same".to_owned(), verdict: same(addresses), doc });
    }
    rows
}

/// All names have at least one address in common.
fn same(mut names: Vec<(String, Vec<String>)>) -> Verdict {
    names.sort();
    if let Some((name, _)) = names.iter().find(|(_, found)| found.is_empty()) {
        return Verdict::CouldNotRun(format!("{name} has no address"));
    }
    let mut common: BTreeSet<_> = names[0].1.iter().collect();
    for (name, found) in &names {
        common.retain(|address| found.contains(address));
        if common.is_empty() {
            return Verdict::Failed(format!("{name} leads to {}, {} to {}", found.join(", "), names[0].0, names[0].1.join(", ")));
        }
    }
    Verdict::Passed(common.into_iter().cloned().collect::<Vec<_>>().join(", "))
}

/// The verdict; for names, their addresses too.
async fn ask(ask: &Ask) -> (Verdict, Vec<String>) {
    let verdict = match ask {
        Ask::Dns { host } => {
            return match lookup_host((host.as_str(), 0)).await {
                Ok(found) => {
                    let all: BTreeSet<_> = found.map(|address| address.ip().to_string()).collect();
                    let all: Vec<_> = all.into_iter().collect();
                    (Verdict::Passed(format!("{host} is {}", all.join(", "))), all)
                }
                Err(error) => (Verdict::Failed(format!("{host}: {error}")), Vec::new()),
            };
        }
        Ask::Tcp { host, port } => match TcpStream::connect((host.as_str(), *port)).await {
            Ok(_) => Verdict::Passed(format!("{host}:{port} answers")),
            Err(error) => Verdict::Failed(format!("{host}:{port}: {error}")),
        },
        Ask::Tls { host, port } => tls(host, *port).await,
        Ask::KubernetesVersion { oldest, newest } => match kubectl(&["get", "--raw", "/version"]).await {
            Ok(text) => version(&text, oldest, newest),
            Err(verdict) => verdict,
        },
        Ask::KubernetesPath { path } => {
            kubectl(&["get", "--raw", path]).await.map_or_else(|verdict| verdict, |_| Verdict::Passed(path.clone()))
        }
        Ask::StorageClass { name } => match kubectl(&["get", "storageclasses", "--output", "json"]).await {
            Ok(text) => storage(&text, name.as_deref()),
            Err(verdict) => verdict,
        },
        Ask::Alone { namespace, label } => {
            match kubectl(&["get", "deployments,statefulsets", "--namespace", namespace, "--selector", label, "--output", "json"]).await {
                Ok(text) => alone(&text, namespace),
                Err(verdict) => verdict,
            }
        }
        Ask::EksAddon { cluster, addon, region } => {
            let arguments =
                ["eks", "describe-addon", "--cluster-name", cluster, "--addon-name", addon, "--region", region, "--output", "json"];
            match tool("aws", &arguments).await {
                Ok(text) if text.contains("\"ACTIVE\"") => Verdict::Passed(format!("{addon} is active")),
                Ok(_) => Verdict::Failed(format!("{addon} is there, and not active")),
                Err(verdict) => verdict,
            }
        }
    };
    (verdict, Vec::new())
}

/// By openssl, which knows every certificate and cipher that there is.
async fn tls(host: &str, port: u16) -> Verdict {
    if let Err(error) = TcpStream::connect((host, port)).await {
        return Verdict::Failed(format!("{host}:{port}: {error}"));
    }
    let at = format!("{host}:{port}");
    let arguments = [
        "s_client",
        "-connect",
        &at,
        "-servername",
        host,
        "-verify_hostname",
        host,
        "-verify_return_error",
        "-brief",
        "-no_tls1",
        "-no_tls1_1",
    ];
    match tool("openssl", &arguments).await {
        Ok(_) => Verdict::Passed(format!("{at} has a valid certificate")),
        Err(verdict) => verdict,
    }
}

async fn kubectl(arguments: &[&str]) -> Result<String, Verdict> {
    tool("kubectl", arguments).await
}

/// A process that does not outlive the wait for it.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // It has ended already, or it is of no use any more; either way there is nothing to tell.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// How often a tool is looked at whose end is awaited.
const LOOK: Duration = Duration::from_millis(20);

async fn output(name: &str, arguments: &[&str]) -> std::io::Result<(bool, String, String)> {
    let mut command = Command::new(name);
    let child = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut child = Reaped(child);
    let read = |pipe: Option<Box<dyn Read + Send>>| {
        tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            pipe.map_or(Ok(0), |mut pipe| pipe.read_to_end(&mut bytes)).map(|_| String::from_utf8_lossy(&bytes).into_owned())
        })
    };
    let stdout = read(child.0.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let stderr = read(child.0.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>));
    let status = loop {
        if let Some(status) = child.0.try_wait()? {
            break status;
        }
        tokio::time::sleep(LOOK).await;
    };
    Ok((status.success(), stdout.await??, stderr.await??))
}

/// What a tool printed; else why there is nothing to look at.
async fn tool(name: &str, arguments: &[&str]) -> Result<String, Verdict> {
    let (success, printed, said) = output(name, arguments).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Verdict::CouldNotRun(format!("there is no {name} on the path")),
        _ => Verdict::CouldNotRun(format!("{name}: {error}")),
    })?;
    if success {
        return Ok(printed);
    }
    let told: Vec<_> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let told = told.last().copied().unwrap_or("no reason was given").to_owned();
    // The API server answered "no", or nobody answered: only the first says something about the place.
    let answered = name == "openssl"
        || told.contains("(NotFound)")
        || told.contains("ResourceNotFoundException")
        || told.contains("the server could not find");
    Err(if answered { Verdict::Failed(told) } else { Verdict::CouldNotRun(format!("{name}: {told}")) })
}

fn version(text: &str, oldest: &str, newest: &str) -> Verdict {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let number = |text: &str| text.trim_end_matches(|c: char| !c.is_ascii_digit()).parse::<u32>().ok();
    let minor_of = |version: &str| version.strip_prefix("1.").and_then(number);
    let minor = value["minor"].as_str().and_then(number);
    match (minor, minor_of(oldest), minor_of(newest)) {
        (Some(minor), Some(least), Some(most)) if (least..=most).contains(&minor) => Verdict::Passed(format!("1.{minor}")),
        (Some(minor), ..) => Verdict::Failed(format!("1.{minor} is not from {oldest} to {newest}")),
        (None, ..) => Verdict::CouldNotRun("the API server told no version".to_owned()),
    }
}

fn storage(text: &str, name: Option<&str>) -> Verdict {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let classes = value["items"].as_array().cloned().unwrap_or_default();
    let fits = |class: &serde_json::Value| match name {
        Some(name) => class["metadata"]["name"] == name,
        None => class["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true",
    };
    match classes.iter().find(|class| fits(class)) {
        Some(class) => Verdict::Passed(class["metadata"]["name"].as_str().unwrap_or_default().to_owned()),
        None => {
            let names: Vec<_> = classes.iter().filter_map(|class| class["metadata"]["name"].as_str()).collect();
            let wanted = name.map_or("no storage class is the default".to_owned(), |name| format!("there is no storage class {name}"));
            Verdict::Failed(format!("{wanted}; there is {}", if names.is_empty() { "none".to_owned() } else { names.join(", ") }))
        }
    }
}

/// Objects of other releases would be overwritten, or refused.
fn alone(text: &str, namespace: &str) -> Verdict {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let annotation = |item: &serde_json::Value| item["metadata"]["annotations"]["meta.helm.sh/release-name"].as_str().map(str::to_owned);
    let items = value["items"].as_array().cloned().unwrap_or_default();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in &items {
        let chart = item["metadata"]["name"].as_str().and_then(|name| name.split('-').next()).unwrap_or_default().to_owned();
        seen.entry(chart).or_default().extend(annotation(item));
    }
    match seen.iter().find(|(_, releases)| releases.len() > 1) {
        Some((chart, releases)) => {
            let names: Vec<_> = releases.iter().cloned().collect();
            Verdict::Failed(format!("{chart} is in {namespace} by several releases: {}", names.join(", ")))
        }
        None => Verdict::Passed(format!("{} deployments and stateful sets of this platform in {namespace}", items.len())),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn probe(id: &str, ask: Ask) -> Probe {
        Probe { id: id.to_owned(), ask, doc: String::new(), when: None }
    }

    #[tokio::test]
    async fn a_listener_passes_and_a_closed_port_fails() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let closed = {
            let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
            other.local_addr().unwrap().port()
        };
        let tcp = |port| Ask::Tcp { host: "127.0.0.1".to_owned(), port };
        let names = [("dns.a", "localhost"), ("dns.b", "localhost")].map(|(id, host)| probe(id, Ask::Dns { host: host.to_owned() }));
        let wrong = probe("dns.c", Ask::Dns { host: "no-such-name.invalid".to_owned() });
        let mut all = vec![probe("open", tcp(port)), probe("closed", tcp(closed)), wrong];
        all.extend(names);
        let rows = run(all, Duration::from_secs(5)).await;
        let of = |id: &str| &rows.iter().find(|row| row.id == id).unwrap().verdict;
        assert!(matches!(of("open"), Verdict::Passed(_)), "{:?}", of("open"));
        assert!(matches!(of("closed"), Verdict::Failed(_)), "{:?}", of("closed"));
        assert!(matches!(of("dns.a"), Verdict::Passed(_)) && matches!(of("dns.c"), Verdict::Failed(_)));
        assert_eq!(of("dns.same"), &Verdict::CouldNotRun("dns.c has no address".to_owned()));
        // A listener that speaks no TLS.
        let row = &run(vec![probe("tls", Ask::Tls { host: "localhost".to_owned(), port })], Duration::from_millis(300)).await[0];
        assert!(!matches!(row.verdict, Verdict::Passed(_)), "{:?}", row.verdict);
    }

    #[tokio::test]
    async fn a_missing_tool_is_said() {
        let told = tool("no-such-tool-here", &[]).await.unwrap_err();
        assert_eq!(told, Verdict::CouldNotRun("there is no no-such-tool-here on the path".to_owned()));
    }

    #[test]
    fn answers_are_read() {
        assert_eq!(version("{\"minor\":\"31+\"}", "1.30", "1.34"), Verdict::Passed("1.31".to_owned()));
        assert_eq!(version("{\"minor\":\"35\"}", "1.30", "1.34"), Verdict::Failed("1.35 is not from 1.30 to 1.34".to_owned()));
        assert!(matches!(version("", "1.30", "1.34"), Verdict::CouldNotRun(_)));
        let classes = "{\"items\":[{\"metadata\":{\"name\":\"slow\"}},{\"metadata\":{\"name\":\"fast\",\"annotations\":{\"storageclass.kubernetes.io/is-default-class\":\"true\"}}}]}";
        assert_eq!(storage(classes, None), Verdict::Passed("fast".to_owned()));
        assert_eq!(storage(classes, Some("nfs")), Verdict::Failed("there is no storage class nfs; there is slow, fast".to_owned()));
        let address = |name: &str, address: &str| (name.to_owned(), vec![address.to_owned()]);
        assert!(matches!(same(vec![address("a", "1.1.1.1"), address("b", "1.1.1.1")]), Verdict::Passed(_)));
        assert_eq!(
            same(vec![address("a", "1.1.1.1"), address("b", "2.2.2.2")]),
            Verdict::Failed("b leads to 2.2.2.2, a to 1.1.1.1".to_owned())
        );
        let of = |chart: &str, release: &str| serde_json::json!({"metadata": {"name": chart, "annotations": {"meta.helm.sh/release-name": release}}});
        let items = |list: &[serde_json::Value]| serde_json::json!({ "items": list }).to_string();
        assert!(matches!(alone(&items(&[of("dtplatform-a", "one"), of("dtplatform-b", "two")]), "n"), Verdict::Failed(_)));
        assert!(matches!(alone(&items(&[of("dtplatform-a", "one"), of("dtconsole-b", "two")]), "n"), Verdict::Passed(_)));
    }
}
