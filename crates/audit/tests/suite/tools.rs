//! Tools that we did not write: hledger and beancount. `cargo xtask test` provides them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// hledger: the one that `SUANPAN_TEST_HLEDGER` names, or the one on `PATH`.
pub(crate) fn hledger() -> PathBuf {
    let named = std::env::var_os("SUANPAN_TEST_HLEDGER").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        || std::env::split_paths(&path).map(|folder| folder.join("hledger")).find(|file| file.is_file());
    named.or_else(found).expect(
        "hledger is neither on PATH nor named by SUANPAN_TEST_HLEDGER: run the tests with `cargo xtask test`, or \
         install it (Debian, Ubuntu: apt-get install hledger)",
    )
}

/// A Python that has beancount.
pub(crate) fn python_with_beancount() -> PathBuf {
    std::env::var_os("SUANPAN_TEST_BEANCOUNT").map(PathBuf::from).expect(
        "SUANPAN_TEST_BEANCOUNT names no Python with beancount: run the tests with `cargo xtask test`, or make one \
         (python3 -m venv FOLDER; FOLDER/bin/pip install beancount; SUANPAN_TEST_BEANCOUNT=FOLDER/bin/python)",
    )
}

/// Runs a tool to its end; what it wrote to standard output. Anything on standard error fails the test.
#[track_caller]
pub(crate) fn run(program: &Path, args: &[&str]) -> String {
    let output = Command::new(program).args(args).env("LC_ALL", "C.UTF-8").output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{} {args:?}: {stderr}", program.display());
    String::from_utf8(output.stdout).unwrap()
}
