//! What is measured on, for whoever compares.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::options::{Options, Surroundings};
use crate::stats::{Micros, Spread};
use crate::store::folder;

const SYNCS: u32 = 200;
const SYNCED_BYTES: usize = 4_096;

/// Processors, kernel, disk, PostgreSQL and the length of runs, a line each.
pub(crate) fn describe(surroundings: &Surroundings, options: &Options) -> Result<String> {
    let processors = std::thread::available_parallelism()?;
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("of an unknown model", |(_, model)| model);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let disk = told(Command::new("stat").args(["-f", "-c", "%T"]).arg(&surroundings.folder))?;
    let postgres = told(Command::new(surroundings.postgres_programs.join("postgres")).arg("--version"))?;
    let sync = sync_time(surroundings)?;
    Ok(format!(
        "{processors} processors ({model}), Linux {}, {disk}, a 4 KiB write made durable in {sync} ms\n\
         {postgres} with its default settings; runs of {} s after warming up for {} ms, repeated {} times",
        kernel.trim(),
        options.seconds(),
        options.warm_up().as_millis(),
        options.repetitions(),
    ))
}

/// How long the disk takes to make a small write durable: what no store can undercut alone.
fn sync_time(surroundings: &Surroundings) -> Result<Spread<Micros>> {
    let folder = folder(surroundings)?;
    let mut file = File::create(folder.path().join("sync"))?;
    let block = [0x55; SYNCED_BYTES];
    let mut times = Vec::new();
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.rewind()?;
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(Micros(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX)));
    }
    Ok(Spread::of(times))
}

fn told(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
