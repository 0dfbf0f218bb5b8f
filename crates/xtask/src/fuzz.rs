//! `cargo xtask fuzz`: libFuzzer on what reads requests, with the compiler that everything else is built with.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::shell::{cargo, output, run, target_dir};

/// The workspace of the targets.
const FOLDER: &str = "tests/fuzz";
/// What is looked for, unless libFuzzer is told otherwise.
const SECONDS: &str = "-max_total_time=60";
/// What tells libFuzzer where the code goes. Nothing in the house is unsafe, so no sanitizer is needed, and no nightly compiler.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table -Ccodegen-units=1 --cfg fuzzing";
/// Builds a target and lets libFuzzer run it; `args` go to libFuzzer. What it finds worth keeping stays below the target folder.
///
/// # Errors
/// When it does not build, there is no such target, or libFuzzer has found something: it says which input.
pub(crate) fn fuzz(root: &Path, name: &str, args: &[OsString]) -> Result<()> {
    let folder = root.join(FOLDER);
    let seeds = folder.join("seeds").join(name);
    ensure!(seeds.is_dir(), "there is no target {name}: {}/seeds names them", folder.display());
    // The same versions as everywhere; what the house does not use is added.
    std::fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).context("Cargo.lock")?;
    let built = target_dir(root).join("fuzz");
    let corpus = built.join("corpus").join(name);
    std::fs::create_dir_all(&corpus).with_context(|| corpus.display().to_string())?;
    // It has to be named, or build scripts would be instrumented, too, and not link.
    let host = host()?;
    let mut build = cargo(&folder);
    build.args(["build", "--release", "--target", &host, "--bin", name]);
    run(build.env("CARGO_TARGET_DIR", &built).env("RUSTFLAGS", INSTRUMENTED))?;
    let mut fuzzer = Command::new(built.join(host).join("release").join(name));
    fuzzer.current_dir(&corpus).arg(&corpus).arg(&seeds).arg(SECONDS);
    run(fuzzer.args(args))
}

/// What this machine is to the compiler.
fn host() -> Result<String> {
    let told = output(Command::new("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}
