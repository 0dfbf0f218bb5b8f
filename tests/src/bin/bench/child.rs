//! A command that ends by itself: how long it took and the most memory it had.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// How often a running command's high-water mark is read. What it takes in its last moments may be missed.
const LOOK: Duration = Duration::from_millis(5);

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) millis: u64,
    pub(crate) peak_kib: u64,
}

/// Runs a command to its end; it must end well. What it prints is thrown away.
pub(crate) fn run(command: &mut Command) -> Result<Taken> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        peak_kib = peak_kib.max(high_water(&status));
        std::thread::sleep(LOOK);
    };
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    ensure!(ended.success(), "{command:?} ended with {ended}");
    Ok(Taken { millis, peak_kib })
}

fn high_water(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
