//! A run from an image is the same run.

use std::{fs, time::Duration};

use ampoule_protocol::{ImageUse, Json, LibrarySource, Limits, Usage};

use super::*;

/// Runs until the script comes from its image, and gives the first report and that one.
async fn first_and_imaged(engine: &Engine, request: &RunRequest) -> (RunReport, RunReport) {
    let run = async || engine.run(request, capabilities(request), CancellationToken::new()).await.expect("no fault");
    let first = run().await;
    assert_eq!(first.usage.image, ImageUse::None);
    for _ in 0..200 {
        let report = run().await;
        if report.usage.image == ImageUse::Used {
            return (first, report);
        }
        // The image is being made.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no image: {}", request.script.source);
}

/// An engine whose cache no other test fills.
fn own_engine() -> Engine {
    Engine::new(EngineConfig { sandboxes: 1, ..EngineConfig::default() }).expect("the engine starts")
}

/// Equal in all but what says that an image was used, and how long it took.
fn assert_same(first: &RunReport, imaged: &RunReport) {
    let strip =
        |report: &RunReport| RunReport { usage: Usage { image: ImageUse::None, wall_ms: 0.0, ..report.usage.clone() }, ..report.clone() };
    assert_eq!(strip(first), strip(imaged));
}

/// A script whose loaded state is large enough to be mapped instead of copied.
fn large() -> RunRequest {
    RunRequest::new(
        "console.log('loading'); const big = Array.from({length: 60000}, (_, i) => ({i}));\nexport default (k) => big[777].i + big.length;",
    )
}

#[tokio::test]
async fn images_change_nothing_but_the_time() {
    let requests = [
        RunRequest::new("let n = 0; console.log('top'); export default () => { console.log(++n, Math.random(), Date.now()); return n; }"),
        RunRequest { input: Json::parse("[3,1,2]".into()).unwrap(), ..RunRequest::new("function main(a) { return a.sort(); }") },
        RunRequest::new("export default () => { throw new Error('always'); }"),
        RunRequest::new("export default () => { for (;;) {} }"),
        large(),
    ];
    let engine = own_engine();
    for mut request in requests {
        request.limits.fuel = 2_000_000_000;
        let (first, imaged) = first_and_imaged(&engine, &request).await;
        assert_same(&first, &imaged);
    }
}

#[tokio::test]
async fn a_top_level_that_sees_the_world_is_loaded_in_every_run() {
    for source in [
        "const at = Date.now(); export default () => at > 0",
        "const lot = Math.random(); export default () => lot",
        "await new Promise((done) => setTimeout(done, 1)); export default () => 1",
    ] {
        let request = RunRequest::new(source);
        for _ in 0..4 {
            assert_eq!(run(&request).await.usage.image, ImageUse::Unusable, "{source}");
        }
    }
}

#[tokio::test]
async fn a_load_beyond_the_limits_ends_alike_with_an_image() {
    let request = large();
    let engine = own_engine();
    let (first, _) = first_and_imaged(&engine, &request).await;
    for limits in [
        Limits { fuel: first.usage.load_fuel / 2, ..Limits::DEFAULT },
        Limits { fuel: first.usage.load_fuel - 1, ..Limits::DEFAULT },
        Limits { memory_bytes: first.usage.memory_bytes - (1 << 20), ..Limits::DEFAULT },
    ] {
        let request = RunRequest { limits, ..request.clone() };
        let fresh = Engine::new(EngineConfig { sandboxes: 1, image_cache_bytes: 0, ..EngineConfig::default() }).unwrap();
        let without = fresh.run(&request, capabilities(&request), CancellationToken::new()).await.unwrap();
        assert!(matches!(without.outcome, Outcome::LimitExceeded { .. }), "{:?}", without.outcome);
        let with = engine.run(&request, capabilities(&request), CancellationToken::new()).await.unwrap();
        assert_same(&without, &with);
    }
}

#[tokio::test]
async fn load_and_run_have_a_budget_each() {
    let request = RunRequest::new(
        "let sum = 0; for (let i = 0; i < 1e5; i++) sum += i; export default () => { for (let i = 0; i < 1e5; i++) sum += i; return sum }",
    );
    let engine = own_engine();
    let (first, imaged) = first_and_imaged(&engine, &request).await;
    assert_eq!((first.usage.load_fuel, first.usage.fuel), (imaged.usage.load_fuel, imaged.usage.fuel));
    let enough = first.usage.load_fuel.max(first.usage.fuel);
    assert!(enough < first.usage.load_fuel + first.usage.fuel);
    for (fuel, returns) in [(enough, true), (enough - 1, false)] {
        let request = RunRequest { limits: Limits { fuel, ..Limits::DEFAULT }, ..request.clone() };
        let report = engine.run(&request, capabilities(&request), CancellationToken::new()).await.unwrap();
        assert_eq!(matches!(report.outcome, Outcome::Returned { .. }), returns, "{:?}", report.outcome);
        let loaded = own_engine().run(&request, capabilities(&request), CancellationToken::new()).await.unwrap();
        assert_same(&report, &loaded);
    }
}

#[tokio::test]
async fn images_outlive_the_process_and_damage_is_mended() {
    let dir = tempfile::tempdir().unwrap();
    let engine = || {
        let config = EngineConfig { sandboxes: 1, image_dir: Some(dir.path().to_owned()), ..EngineConfig::default() };
        Engine::new(config).unwrap()
    };
    let request = RunRequest::new("const table = Array.from({length: 100}, (_, i) => i * i); export default () => table[9]");
    let (first, _) = first_and_imaged(&engine(), &request).await;
    let file = fs::read_dir(dir.path()).unwrap().next().expect("an image on disk").unwrap().path();

    let restarted = engine().run(&request, capabilities(&request), CancellationToken::new()).await.unwrap();
    assert_eq!(restarted.usage.image, ImageUse::Used);
    assert_same(&first, &restarted);

    let sound = fs::read(&file).unwrap();
    for damage in [sound[..sound.len() / 2].to_vec(), Vec::new(), {
        let mut bytes = sound.clone();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        bytes
    }] {
        fs::write(&file, damage).unwrap();
        let report = engine().run(&request, capabilities(&request), CancellationToken::new()).await.unwrap();
        assert_eq!(report.usage.image, ImageUse::None, "a damaged image was used");
        assert_same(&first, &report);
        assert!(!file.exists(), "the damaged image is still there");
    }
}

#[tokio::test]
async fn libraries_that_read_the_clock_load_at_time_zero() {
    for library in ["export const at = Date.now();", "module.exports = {at: Date.now()};"] {
        let mut request = RunRequest::new("import {at} from 'lib:clock'; export default () => [at, Date.now() > 1e12];");
        request.libraries.push(LibrarySource::new("clock", library));
        let (first, imaged) = first_and_imaged(&own_engine(), &request).await;
        assert_same(&first, &imaged);
        assert!(matches!(&imaged.outcome, Outcome::Returned { value } if value.as_str() == "[0,true]"), "{library}: {:?}", imaged.outcome);
    }
}
