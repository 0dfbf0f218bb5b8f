//! Tools that we did not write. Those of accountants, which the tests ask for a second opinion: hledger from the system, beancount
//! in an environment of Python's below the target folder. And SQLite's own client, which the benchmark measures against.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::postgres::debian_install;
use crate::shell::{output, run, say, target_dir};

/// Where the tests look for the accountants' tools.
const HLEDGER: &str = "SUANPAN_TEST_HLEDGER";
const BEANCOUNT: &str = "SUANPAN_TEST_BEANCOUNT";
/// Where the benchmark looks for SQLite's client.
pub(crate) const SQLITE3: &str = "SUANPAN_BENCH_SQLITE3";
/// The version of beancount whose checks the exports are known to pass.
const BEANCOUNT_PACKAGE: &str = "beancount>=3.1,<4";

/// Variables and programs for the tests of the books; what is named already is left alone.
///
/// # Errors
/// When one is missing and cannot be installed: it says what to install.
pub(crate) fn provide(root: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut tools = Vec::new();
    if !is_named(HLEDGER) {
        tools.push((HLEDGER, from_system("hledger", HLEDGER)?));
    }
    if !is_named(BEANCOUNT) {
        tools.push((BEANCOUNT, python_with_beancount(&target_dir(root).join("beancount"))?));
    }
    Ok(tools)
}

fn is_named(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|program| !program.is_empty())
}

/// SQLite's own client, for the benchmark.
///
/// # Errors
/// When it is missing and cannot be installed: it says what to install.
pub(crate) fn sqlite3() -> Result<PathBuf> {
    match std::env::var_os(SQLITE3).filter(|program| !program.is_empty()) {
        Some(program) => Ok(program.into()),
        None => from_system("sqlite3", SQLITE3),
    }
}

/// A program whose package is called like it, everywhere.
fn from_system(program: &str, variable: &str) -> Result<PathBuf> {
    if let Some(program) = on_path(program) {
        return Ok(program);
    }
    debian_install(program)?;
    on_path(program).with_context(|| {
        format!(
            "{program} is needed and is not on PATH. Install it (Debian, Ubuntu: apt-get install {program}; Fedora: dnf install {program};\n\
             macOS: brew install {program}), or name it in {variable}."
        )
    })
}

/// Makes the environment once.
fn python_with_beancount(folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    if output(Command::new(&python).args(["-c", "import beancount"])).is_ok() {
        return Ok(python);
    }
    let Some(system) = on_path("python3") else {
        bail!(
            "python3 is needed for beancount and is not on PATH: install it, or name a Python with beancount in {BEANCOUNT}."
        );
    };
    say("beancount is missing: installing it below the target folder");
    let made = make_environment(&system, folder);
    made.with_context(|| format!("beancount cannot be installed; name a Python that has it in {BEANCOUNT}"))?;
    Ok(python)
}

fn make_environment(system: &Path, folder: &Path) -> Result<()> {
    let venv = || run(Command::new(system).args(["-m", "venv", "--clear"]).arg(folder));
    // Debian keeps the module apart from Python.
    if venv().is_err() {
        debian_install("python3-venv")?;
        venv()?;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", BEANCOUNT_PACKAGE];
    run(Command::new(folder.join("bin/python")).args(pip))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::{on_path, python_with_beancount};
    use crate::scratch::Scratch;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_environment_that_is_there_is_used_as_it_is() {
        let scratch = Scratch::new("beancount").unwrap();
        let python = scratch.path().join("bin/python");
        std::fs::create_dir_all(scratch.path().join("bin")).unwrap();
        std::fs::write(&python, "#!/bin/sh\nexit 0\n").unwrap();
        std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(python_with_beancount(scratch.path()).unwrap(), python);
    }

    #[test]
    fn programs_are_found_on_path() {
        assert!(on_path("sh").is_some() && on_path("no-such-program").is_none());
    }
}
