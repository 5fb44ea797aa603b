//! What do capabilities cost?
//!
//! Each beside the same work without it: a host call beside a call within the guest, a fetch beside a bare client's, a recorded run beside one that is not.

use std::{
    io::{BufReader, Write as _},
    net::{TcpListener, TcpStream},
    rc::Rc,
    sync::{Arc, Barrier},
    thread,
    time::Instant,
};

use ampoule_engine::{CancellationToken, Engine, EngineConfig, RunRequest};
use ampoule_host_api::{Capabilities, Clock, Console, Granted, Network, Opened, Random, Resources, SystemResolver};
use ampoule_protocol::{Grants, Limits, LimitsSpec, Outcome, RunReport};
use anyhow::{Context as _, Result, ensure};
use cpu_time::{ProcessTime, ThreadTime};
use tokio::runtime::Builder;

use crate::{Bench, Lab, Subject, Unit, host_call::caller, job, lab};

/// Calls of one sample.
const CALLS: u32 = 20_000;
/// Bodies of one sample, and the length of each.
const FETCHES: u32 = 16;
const BODY: usize = 1 << 20;
/// Fetches that wait at the same time, in so many runs.
const WAITING: usize = 1_000;
const RUNS: usize = 50;

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.subjects(Unit::Microseconds, calls()?)?;
    pairs(bench)?;
    waiting(bench)
}

/// A host call that does nothing but answer, and a call within the guest.
pub fn calls() -> Result<Vec<Subject>> {
    let lab = Rc::new(Lab::new()?);
    let callers = [
        ("guest_call", "function main(n) { const f = () => 0; for (let i = 0; i < n; i++) f(); }"),
        ("host_call_empty", "function main(n) { const f = () => Math.random(); for (let i = 0; i < n; i++) f(); }"),
    ];
    callers.into_iter().map(|(name, source)| caller(name, source, CALLS, Rc::clone(&lab))).collect()
}

/// What is measured by turns with what it is compared with, so that a noisy second disturbs both.
fn pairs(bench: &mut Bench<'_>) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let lab = Lab::new()?;
    let engine = &lab.engine;
    let port = bodies()?;
    let fetching = fetching(port);
    let client = reqwest::Client::builder().no_proxy().http1_only().build()?;
    let url = format!("http://127.0.0.1:{port}/");
    let rounds = bench.effort.rounds * 20;
    let (mut fetched, mut bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut plain, mut recorded, mut overheads) = (Vec::new(), Vec::new(), Vec::new());
    let request = job();
    lab.image(&request)?;
    for round in 0..rounds {
        bench.measuring("fetch_1mib", round as f64 / rounds as f64);
        let by_script = |count: u32| {
            let request = RunRequest { input: serde_json::json!(count).into(), ..fetching.clone() };
            let started = Instant::now();
            runtime.block_on(run(engine, &request, port)).map(|_| started.elapsed())
        };
        let idle = by_script(0)?;
        let script = by_script(FETCHES)?.saturating_sub(idle).as_secs_f64() / f64::from(FETCHES);
        let started = Instant::now();
        runtime.block_on(async {
            for _ in 0..FETCHES {
                let body = client.get(&url).send().await?.bytes().await?;
                ensure!(body.len() == BODY, "the body has {} bytes", body.len());
            }
            Ok(())
        })?;
        let client = started.elapsed().as_secs_f64() / f64::from(FETCHES);
        fetched.push(script * 1e6);
        bare.push(client * 1e6);
        ratios.push(script / client);

        let by = |record: bool| {
            let started = ThreadTime::now();
            for _ in 0..20 {
                runtime.block_on(async {
                    let capabilities = lab::capabilities(&request);
                    if record {
                        engine.record(&request, capabilities, CancellationToken::new()).await.map(drop)
                    } else {
                        engine.run(&request, capabilities, CancellationToken::new()).await.map(drop)
                    }
                })?;
            }
            Ok::<_, anyhow::Error>(started.elapsed().as_secs_f64() / 20.0)
        };
        let (without, with) = (by(false)?, by(true)?);
        plain.push(without * 1e6);
        recorded.push(with * 1e6);
        overheads.push(with / without);
    }
    bench.record("fetch_1mib", Unit::Microseconds, fetched);
    bench.record("reqwest_1mib", Unit::Microseconds, bare);
    bench.record("fetch_1mib_x", Unit::Ratio, ratios);
    bench.record("job", Unit::Microseconds, plain);
    bench.record("job_recorded", Unit::Microseconds, recorded);
    bench.record("journal_x", Unit::Ratio, overheads);
    Ok(())
}

/// A thousand fetches that all wait at once, in one process on two threads: from when the last has come to the host to when the last run has ended.
fn waiting(bench: &mut Bench<'_>) -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let engine = Arc::new(Engine::new(EngineConfig { sandboxes: RUNS as u32, ..EngineConfig::default() })?);
    let (mut walls, mut cpus) = (Vec::new(), Vec::new());
    for round in 0..bench.effort.rounds {
        bench.measuring("waiting_fetches", round as f64 / bench.effort.rounds as f64);
        let (port, all) = patient()?;
        let limits = LimitsSpec { wall_ms: Some(60_000), ..LimitsSpec::default() }.resolve(&Limits::CEILING)?;
        let source = format!(
            "export default (n) => Promise.all(Array.from({{ length: n }}, async () => (await fetch('http://127.0.0.1:{port}/')).text()))"
        );
        let request = RunRequest { input: serde_json::json!(WAITING / RUNS).into(), limits, ..RunRequest::new(source) };
        let (started, cpu) = (Instant::now(), ProcessTime::now());
        let runs: Vec<_> = (0..RUNS)
            .map(|_| {
                let (engine, request) = (Arc::clone(&engine), request.clone());
                runtime.spawn(async move { run(&engine, &request, port).await.map(drop) })
            })
            .collect();
        // Nobody is answered before all have come.
        all.wait();
        for run in runs {
            runtime.block_on(run)??;
        }
        walls.push(started.elapsed().as_secs_f64() * 1e3);
        cpus.push(cpu.elapsed().as_secs_f64() * 1e3);
    }
    bench.record("waiting_fetches_1000", Unit::Milliseconds, walls);
    bench.record("waiting_fetches_1000_cpu", Unit::Milliseconds, cpus);
    Ok(())
}

fn fetching(port: u16) -> RunRequest {
    let script = RunRequest::new(format!(
        "export default async (n) => {{
            for (let i = 0; i < n; i++) {{
                const body = await (await fetch('http://127.0.0.1:{port}/')).bytes();
                if (body.length !== {BODY}) throw new Error('too short');
            }}
        }}"
    ));
    // Large bodies that are no longer held are collected late: the default memory is full before the last one.
    RunRequest { limits: Limits::CEILING, ..script }
}

/// A run that may fetch from this machine.
async fn run(engine: &Engine, request: &RunRequest, port: u16) -> Result<RunReport> {
    let mut opened = Opened::default();
    opened.open(std::net::Ipv4Addr::LOCALHOST.into());
    let resources = Resources { network: Network::new(Arc::new(SystemResolver), opened), ..Resources::default() };
    let grants = Grants { net: vec![format!("127.0.0.1:{port}").parse()?], ..Grants::default() };
    let capabilities = Capabilities::new(Console::new(&request.limits), Clock::System, Random::seeded(1), Granted::new(grants, &resources));
    let report = engine.run(request, capabilities, CancellationToken::new()).await?;
    ensure!(matches!(report.outcome, Outcome::Returned { .. }), "a run that fetches ended with {:?}", report.outcome);
    Ok(report)
}

/// Serves a MiB at each request, on threads of its own.
fn bodies() -> Result<u16> {
    serve(|stream, body| {
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {BODY}\r\n\r\n")?;
        stream.write_all(body)
    })
}

fn serve(answer: impl Fn(&mut TcpStream, &[u8]) -> std::io::Result<()> + Clone + Send + 'static) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let body = vec![b'x'; BODY];
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (answer, body) = (answer.clone(), body.clone());
            let _ = stream.set_nodelay(true);
            thread::spawn(move || -> std::io::Result<()> {
                let mut requests = BufReader::new(stream.try_clone()?);
                while head(&mut requests)? {
                    answer(&mut stream, &body)?;
                }
                Ok(())
            });
        }
    });
    Ok(port)
}

/// Reads a request's head. False: there is no further request.
fn head(requests: &mut impl std::io::BufRead) -> std::io::Result<bool> {
    let mut line = String::new();
    while requests.read_line(&mut line)? > 0 {
        if line == "\r\n" {
            return Ok(true);
        }
        line.clear();
    }
    Ok(false)
}

/// Answers nobody before a thousand have asked, each on a connection of its own.
fn patient() -> Result<(u16, Arc<Barrier>)> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    let port = listener.local_addr()?.port();
    let all = Arc::new(Barrier::new(2));
    let waits = Arc::clone(&all);
    thread::spawn(move || -> std::io::Result<()> {
        let mut streams = Vec::with_capacity(WAITING);
        while streams.len() < WAITING {
            let (stream, _) = listener.accept()?;
            head(&mut BufReader::new(stream.try_clone()?))?;
            streams.push(stream);
        }
        waits.wait();
        for mut stream in streams {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")?;
        }
        Ok(())
    });
    Ok((port, all))
}
