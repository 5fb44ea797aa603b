//! A recorded run, again: the same outcome, logs and fuel, without asking anything of the world.

use std::{fs, path::Path};

use ampoule_engine::{ReplayError, Replayed};
use ampoule_host_api::{
    Resources,
    journal::{Ending, JournalError},
};
use ampoule_protocol::{Access, Grants, Limits, LimitsSpec, ScriptSource};

use super::{
    capabilities::{grants, resources, server, with},
    *,
};

async fn record(request: &RunRequest, grants: Grants, resources: &Resources) -> (RunReport, Vec<u8>) {
    let capabilities = with(request, grants, resources);
    let (report, journal) = ENGINE.record(request, capabilities, CancellationToken::new()).await.unwrap();
    (report, journal.expect("a small run"))
}

/// Replays where there is nothing: no folder, no host, another clock; the secrets alone are supplied again.
async fn replay(journal: &[u8], script: Option<&str>, grants: Grants) -> Result<Replayed, ReplayError> {
    let mut resources = Resources::default();
    resources.secrets.insert("KEY", "correct-horse".into()).unwrap();
    let capabilities =
        Capabilities::new(Console::new(&Limits::CEILING), Clock::Fixed(0.0), Random::seeded(99), Granted::new(grants, &resources));
    let script = script.map(|source| ScriptSource::named(ScriptSource::default_name(), source));
    ENGINE.replay(journal, script, Vec::new(), capabilities, CancellationToken::new()).await
}

const BUSY: &str = "export default async (input, _, ctx) => {
    console.log(Math.random(), Date.now());
    await Promise.all([30, 10, 20].map(async (ms) => { await new Promise((then) => setTimeout(then, ms)); console.log('after', ms, Date.now()); }));
    const { data } = ctx.dirs;
    await data.writeText('a', 'text ' + Math.random());
    const texts = await Promise.all([data.readText('a'), data.list(), data.readText('none').catch((e) => e.code)]);
    const response = await fetch(`http://127.0.0.1:${input}/path`, { method: 'POST', body: await ctx.secrets.get('KEY') });
    return [texts, ctx.env.A, await response.text(), crypto_free()];
    function crypto_free() { return new Date().toISOString(); }
}";

#[tokio::test]
async fn a_run_with_everything_replays_without_anything() {
    let port = server().await;
    let folder = tempfile::tempdir().unwrap();
    let mut request = RunRequest::new(BUSY);
    request.input = ampoule_protocol::Json::parse(port.to_string()).unwrap();
    let all = grants(&format!(r#"{{"net":["127.0.0.1:{port}"],"dirs":["data:rw"],"env":{{"A":"B"}},"secrets":["KEY"]}}"#));
    let (report, journal) = record(&request, all.clone(), &resources(folder.path(), Access::Write)).await;
    assert!(matches!(report.outcome, Outcome::Returned { .. }), "{:?}", report.outcome);
    assert!(!String::from_utf8_lossy(&journal).contains("correct-horse"), "the journal holds the secret");
    drop(folder);
    let replayed = replay(&journal, None, all.clone()).await.unwrap();
    assert_eq!(replayed.divergence, None);
    let again = replayed.report.unwrap();
    assert_eq!((&again.outcome, &again.logs, again.usage.fuel), (&report.outcome, &report.logs, report.usage.fuel));

    let said = replay(&journal, Some(&BUSY.replace("'/path'", "'/other'").replace("/path`", "/other`")), all.clone()).await.unwrap();
    let divergence = said.divergence.unwrap();
    assert!(divergence.recorded.contains("/path") && divergence.replayed.contains("/other"), "{divergence}");
    let same_calls = replay(&journal, Some(&BUSY.replace("return [", "return [1, ")), all.clone()).await.unwrap();
    assert!(same_calls.divergence.unwrap().replayed.contains("[1,"), "another result is told");

    for at in (0..journal.len()).step_by(7) {
        let mut flipped = journal.clone();
        flipped[at] ^= 0x10;
        assert!(matches!(replay(&flipped, None, all.clone()).await, Err(ReplayError::Journal(_))), "byte {at}");
    }
    let none = replay(&journal, None, Grants::default()).await;
    assert!(matches!(none, Err(ReplayError::Journal(JournalError::Secrets))), "{none:?}");
}

#[tokio::test]
async fn a_journal_of_another_engine_is_refused_with_both_ids() {
    let request = RunRequest::new("export default () => 1");
    let (report, journal) = record(&request, Grants::default(), &Resources::default()).await;
    let granted = Granted::default();
    let header = granted.header(&journal).unwrap();
    assert!(header.contains(&report.engine), "{header}");
    let ending = Ending { outcome: String::new(), logs: Vec::new(), fuel: 0, load_fuel: 0 };
    let other = granted.record(&header.replace(&report.engine, "another/1")).finish(&ending).unwrap();
    let refused = replay(&other, None, Grants::default()).await.unwrap_err().to_string();
    assert!(refused.contains("another/1") && refused.contains(&report.engine), "{refused}");
}

#[tokio::test]
async fn a_flipped_byte_anywhere_is_detected() {
    let request = RunRequest::new("export default () => { console.log(Date.now()); return Math.random(); }");
    let (_, journal) = record(&request, Grants::default(), &Resources::default()).await;
    for at in 0..journal.len() {
        let mut flipped = journal.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(matches!(replay(&flipped, None, Grants::default()).await, Err(ReplayError::Journal(_))), "byte {at}");
    }
    for cut in 0..journal.len() {
        assert!(matches!(replay(&journal[..cut], None, Grants::default()).await, Err(ReplayError::Journal(_))), "cut at {cut}");
    }
}

#[tokio::test]
async fn runs_that_the_host_stopped_stop_in_the_same_place() {
    for source in [
        "export default async () => { console.log(Date.now()); for (;;) Math.random(); }",
        "export default async () => { for (let n = 0; ; n++) await new Promise((then) => setTimeout(then, 5)); }",
        "for (;;) Math.random();",
    ] {
        let mut request = RunRequest::new(source);
        (request.limits.wall_ms, request.limits.fuel) = (60, Limits::CEILING.fuel);
        let (report, journal) = record(&request, Grants::default(), &Resources::default()).await;
        assert!(matches!(report.outcome, Outcome::LimitExceeded { .. }), "{:?}", report.outcome);
        let replayed = replay(&journal, None, Grants::default()).await.unwrap();
        assert_eq!(replayed.divergence, None, "{source}");
    }
}

/// Every script of the corpus, as often as it takes to come to `REPLAYS` runs (default: once each).
#[tokio::test]
async fn the_corpus_replays_identically() {
    let mut scripts = Vec::new();
    let groups = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    for group in ["contract", "spec", "recursion", "nesting", "loops"] {
        for file in fs::read_dir(groups.join(group)).unwrap() {
            scripts.push(fs::read_to_string(file.unwrap().path()).unwrap());
        }
    }
    assert!(scripts.len() > 50, "{}", scripts.len());
    let runs = std::env::var("REPLAYS").map_or(scripts.len(), |runs| runs.parse().unwrap());
    for source in scripts.iter().cycle().take(runs) {
        let limits =
            source.lines().find_map(|line| line.strip_prefix("// limits: ")).map(|json| serde_json::from_str::<LimitsSpec>(json).unwrap());
        let mut request = RunRequest::new(source.clone());
        request.limits = limits.unwrap_or_default().resolve(&Limits::CEILING).unwrap();
        // A tenth of the default: loops end sooner, in the same way.
        request.limits.fuel = request.limits.fuel.min(Limits::DEFAULT.fuel / 10);
        request.input = ampoule_protocol::Json::parse(r#"{"a":2}"#.into()).unwrap();
        let (report, journal) = record(&request, Grants::default(), &Resources::default()).await;
        let replayed = replay(&journal, None, Grants::default()).await.unwrap();
        assert_eq!(replayed.divergence, None, "{source}");
        assert_eq!(replayed.report.unwrap().usage.memory_bytes, report.usage.memory_bytes, "{source}");
    }
}
