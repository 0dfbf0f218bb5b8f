//! `cargo xtask test` and `cargo xtask bench`: Cargo with a PostgreSQL server beside it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::cluster::{Cluster, Durability};
use crate::shell::{cargo, output, run, say, target_dir};
use crate::tools;

const TEST_SERVER: &str = "SUANPAN_TEST_POSTGRES";
/// The product's binary, for the end-to-end tests.
const TEST_BINARY: &str = "SUANPAN_TEST_BINARY";
/// A folder on the disk to be measured; the system's temporary folder may be memory.
const BENCH_FOLDER: &str = "SUANPAN_BENCH_DIR";
/// The peers come with a feature of their own.
const BENCH_PROGRAM: [&str; 6] = ["--package", "tests", "--features", "bench", "--bin", "bench"];

/// Runs all tests, or those that `args` (of `cargo test`) choose.
///
/// # Errors
/// When a test fails, or there is no PostgreSQL.
pub(crate) fn test(root: &Path, args: &[OsString]) -> Result<()> {
    let mut command = cargo(root);
    command.arg("test");
    // `--workspace` would win over `-p` in silence.
    if !args.iter().take_while(|arg| *arg != "--").any(chooses_package) {
        command.arg("--workspace");
        // Cargo builds it for its package's own tests, with the same features as everything: no second build.
        command.env(TEST_BINARY, target_dir(root).join("debug/suanpan"));
    }
    if needs_tools(args) {
        command.envs(tools::provide(root)?);
    }
    command.args(args);
    if std::env::var_os(TEST_SERVER).is_some_and(|url| !url.is_empty()) {
        return run(&mut command);
    }
    let server = Cluster::start(Durability::None, None)?;
    run(command.env(TEST_SERVER, server.url()))
}

/// Do the tests ask hledger and beancount? Those of all packages do, and those of the auditor.
fn needs_tools(args: &[OsString]) -> bool {
    let mut chosen = args.iter().take_while(|arg| *arg != "--");
    if !chosen.clone().any(chooses_package) {
        return true;
    }
    chosen.any(|arg| {
        let arg = arg.to_string_lossy();
        matches!(arg.trim_start_matches("--package=").trim_start_matches("-p"), "audit" | "tests")
    })
}

fn chooses_package(arg: &OsString) -> bool {
    let arg = arg.to_string_lossy();
    arg == "--package" || arg.starts_with("--package=") || (arg.starts_with("-p") && !arg.starts_with("--"))
}

/// Builds what is delivered and measures it; `args` go to the bench program.
///
/// # Errors
/// When something does not build or the measurement fails, or there is no PostgreSQL.
pub(crate) fn bench(root: &Path, args: &[OsString]) -> Result<()> {
    run(cargo(root).args(["build", "--release", "--locked", "--package", "suanpan"]))?;
    run(cargo(root).args(["build", "--release", "--locked"]).args(BENCH_PROGRAM))?;
    let folder = std::env::var_os(BENCH_FOLDER).map_or_else(std::env::temp_dir, PathBuf::from);
    if let Ok(kind) = output(std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(&folder)) {
        say(&format!("bench: databases in {} ({})", folder.display(), kind.trim()));
        if kind.trim() == "tmpfs" {
            say(&format!(
                "bench: that is memory, where a durable write costs nothing: name a folder on disk in {BENCH_FOLDER}"
            ));
        }
    }
    let server = Cluster::start(Durability::Full, Some(&folder))?;
    let mut command = cargo(root);
    command.args(["run", "--release", "--locked", "--quiet"]).args(BENCH_PROGRAM).arg("--").args(args);
    command.env("SUANPAN_BENCH_POSTGRES", server.url());
    command.env("SUANPAN_BENCH_PGBIN", server.programs());
    command.env(tools::SQLITE3, tools::sqlite3()?);
    command.env("SUANPAN_BENCH_SERVER", target_dir(root).join("release/suanpan"));
    command.env(BENCH_FOLDER, &folder);
    run(&mut command)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_chosen_package_is_seen_in_every_spelling() {
        let chooses = |arg: &str| chooses_package(&OsString::from(arg));
        assert!(chooses("-p") && chooses("-pkernel") && chooses("--package") && chooses("--package=kernel"));
        assert!(!chooses("--profile") && !chooses("kernel") && !chooses("--no-run"));
    }

    #[test]
    fn the_accountants_tools_are_provided_where_they_are_asked() {
        let needs = |args: &[&str]| needs_tools(&args.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(needs(&[]) && needs(&["--locked"]) && needs(&["-p", "audit"]) && needs(&["--package=tests"]));
        assert!(!needs(&["-p", "kernel"]) && !needs(&["-pengine", "--", "audit"]));
    }

    #[track_caller]
    fn check_server(durability: Durability, expected: &str) {
        let server = Cluster::start(durability, None).unwrap();
        let folder = server.folder().to_owned();
        let mut psql = Command::new(server.programs().join("psql"));
        let query = "select current_setting('max_connections'), current_setting('fsync'), current_setting('synchronous_commit')";
        psql.args(["-Atc", query, &server.url()]);
        assert_eq!(output(&mut psql).unwrap(), expected);
        assert!(folder.join("data").is_dir());
        drop(server);
        assert!(!folder.exists());
        assert!(output(&mut psql).is_err(), "it still answers");
    }

    #[test]
    fn a_server_for_tests_answers_and_leaves_nothing_behind() {
        check_server(Durability::None, "300|off|off\n");
    }

    #[test]
    fn a_server_for_measurements_is_durable() {
        check_server(Durability::Full, "300|on|on\n");
    }
}
