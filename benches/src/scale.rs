//! What does a second core give?
//!
//! Jobs per second of one thread, of two threads that share an engine, and of two processes.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use ampoule_engine::{Engine, EngineConfig};
use anyhow::{Context as _, Result, bail};
use tokio::runtime::Builder;

use crate::{Bench, Lab, Unit, job, lab};

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let engine = Engine::new(EngineConfig::default())?;
    let length = bench.effort.measure / 3;
    let rounds = bench.effort.rounds;
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    let mut ratios = [Vec::new(), Vec::new()];
    threads(&engine, 2, length / 5)?;
    for round in 0..rounds {
        bench.measuring("scale_2", round as f64 / rounds as f64);
        let one = threads(&engine, 1, length)?;
        let two = threads(&engine, 2, length)?;
        rates[0].push(one);
        rates[1].push(two);
        ratios[0].push(two / one);
        if let Some(program) = &bench.program {
            let one = processes(program, 1, length)?;
            let two = processes(program, 2, length)?;
            rates[2].push(two);
            ratios[1].push(two / one);
        }
    }
    let [one, two, processes] = rates;
    let [by_threads, by_processes] = ratios;
    bench.record("jobs_1_thread", Unit::PerSecond, one);
    bench.record("jobs_2_threads", Unit::PerSecond, two);
    bench.record("scale_2", Unit::Ratio, by_threads);
    if by_processes.is_empty() {
        bench.skip("scale_2_processes", "needs a program that can be told to do jobs: use `ampoule bench`");
    } else {
        bench.record("jobs_2_processes", Unit::PerSecond, processes);
        bench.record("scale_2_processes", Unit::Ratio, by_processes);
    }
    Ok(())
}

/// Jobs per second of so many threads.
fn threads(engine: &Engine, count: usize, length: Duration) -> Result<f64> {
    let started = Instant::now();
    let done = thread::scope(|scope| {
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(|| jobs(engine, length))).collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?).sum::<Result<u64>>()
    })?;
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

/// Jobs that this thread does in a time.
fn jobs(engine: &Engine, length: Duration) -> Result<u64> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (request, started, mut done) = (job(), Instant::now(), 0);
    while started.elapsed() < length {
        runtime.block_on(lab::run(engine, &request))?;
        done += 1;
    }
    Ok(done)
}

/// What a process of its own does when it is told to: for each line on standard input, a number of milliseconds, it
/// does jobs for so long and prints how many.
pub fn serve() -> Result<()> {
    let lab = Lab::new()?;
    lab.image(&job())?;
    println!("ready");
    for line in std::io::stdin().lines() {
        println!("{}", jobs(&lab.engine, Duration::from_millis(line?.trim().parse()?))?);
    }
    Ok(())
}

/// Jobs per second of so many processes, from when all are ready.
fn processes(program: &[String], count: usize, length: Duration) -> Result<f64> {
    let mut workers = (0..count).map(|_| Worker::start(program)).collect::<Result<Vec<_>>>()?;
    let started = Instant::now();
    for worker in &mut workers {
        worker.tell(length)?;
    }
    let done = workers.iter_mut().map(Worker::answer).sum::<Result<u64>>()?;
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

/// A process that does jobs when told to.
struct Worker {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Worker {
    fn start(program: &[String]) -> Result<Self> {
        let [program, args @ ..] = program else { bail!("no program to start") };
        let mut child = Command::new(program).args(args).arg("serve-jobs").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let mut worker = Self { child, output };
        worker.line()?;
        Ok(worker)
    }

    fn tell(&mut self, length: Duration) -> Result<()> {
        let input = self.child.stdin.as_mut().context("no input")?;
        Ok(writeln!(input, "{}", length.as_millis())?)
    }

    fn answer(&mut self) -> Result<u64> {
        Ok(self.line()?.trim().parse()?)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // At the end of its input it ends by itself.
        self.child.stdin.take();
        let _ = self.child.wait();
    }
}
