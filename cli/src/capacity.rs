//! How many sandboxes fit into a given memory.

use std::{fs, path::PathBuf};

use ampoule_engine::{Capacity, Engine, EngineConfig, RunRequest};
use ampoule_host_api::{Capabilities, Clock, Console, Granted, Random};
use ampoule_protocol::ByteSize;
use anyhow::{Context as _, Result};

use crate::{
    exit::{Exit, Ours},
    input, modules,
};

/// Runs a script once, looks at what its sandbox holds, and divides.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The script to measure; without one, twenty lines that group and sum records.
    file: Option<PathBuf>,
    /// The entry's first argument: JSON, @FILE, or - for standard input.
    #[arg(long)]
    input: Option<String>,
    /// The memory to divide.
    #[arg(long, default_value = "2GiB", value_name = "SIZE")]
    memory: ByteSize,
    /// Memory limit of a run.
    #[arg(long, default_value = "64MiB", value_name = "SIZE")]
    limit: ByteSize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn capacity(args: Args) -> Result<Exit> {
    let mut request = match &args.file {
        Some(file) => RunRequest { script: modules::script(file, None)?, ..RunRequest::new("") },
        None => ampoule_benches::job(),
    };
    if let Some(input) = &args.input {
        request.input = input::json(input)?;
    }
    request.limits.memory_bytes = args.limit.0;
    let engine = Engine::new(EngineConfig::default()).map_err(|error| Ours(error.into()))?;
    let capabilities = || -> Result<Capabilities> {
        let random = Random::fresh().map_err(|error| Ours(error.into()))?;
        Ok(Capabilities::new(Console::new(&request.limits), Clock::System, random, Granted::default()))
    };
    let process = resident_bytes()?;
    let each = engine.footprint(&request, capabilities()?).await.map_err(|error| Ours(error.into()))?;
    let image = engine.image_cost(&request, capabilities()?).await.map_err(|error| Ours(error.into()))?;
    let capacity = Capacity::of(args.memory.0, process, each, args.limit.0);
    if args.json {
        let figures = serde_json::json!({
            "engine": engine.id(), "memory_bytes": args.memory.0, "process_bytes": process, "sandbox_bytes": each,
            "sandboxes": capacity.measured, "sandboxes_at_limit": capacity.at_limit, "sandboxes_address_space": capacity.address_space,
            "image": image.map(|image| serde_json::json!({
                "bytes": image.bytes, "load_fuel": image.load_fuel, "build_ms": image.build.as_secs_f64() * 1e3,
            })),
        });
        println!("{figures}");
    } else {
        let kib = |bytes: u64| bytes.div_ceil(1024);
        println!("memory                 {:>12} KiB, of which the process takes {} KiB", kib(args.memory.0), kib(process));
        println!("a sandbox of {:<9} {:>12} KiB, loaded in its run", request.script.name, kib(each));
        println!("sandboxes that fit     {:>12} if each holds that much", capacity.measured);
        println!("                       {:>12} if each fills its limit of {} KiB", capacity.at_limit, kib(args.limit.0));
        println!("address space          {:>12} at most, whatever the memory", capacity.address_space);
        match image {
            Some(image) => {
                println!("its image              {:>12} KiB, made in {:.1} ms", kib(image.bytes), image.build.as_secs_f64() * 1e3)
            }
            None => println!("its image                      none: it is loaded in every run"),
        }
    }
    Ok(Exit::Done)
}

/// Of this process, without any sandbox.
fn resident_bytes() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("memory is measured on Linux only")?;
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    Ok(kib.context("no VmRSS in /proc/self/status")? << 10)
}
