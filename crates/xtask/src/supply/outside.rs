//! cargo-deny and cargo-audit, where they and a database of advisories are installed. Neither is needed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::shell::{cargo, run, say};

/// Asks whoever is there.
///
/// # Errors
/// When one of them finds something.
pub(super) fn ask(root: &Path) -> Result<()> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).unwrap_or_default();
    let databases = home.join("advisory-dbs").is_dir();
    if answers(root, "deny") {
        let checks: &[&str] = if databases {
            &["advisories", "bans", "licenses", "sources"]
        } else {
            &["bans", "licenses", "sources"]
        };
        run(cargo(root).args(["deny", "--offline", "check"]).args(checks))?;
    } else {
        say("supply: cargo-deny is not installed; nothing that is needed depends on it");
    }
    if answers(root, "audit") && home.join("advisory-db").is_dir() {
        run(cargo(root).args(["audit", "--no-fetch", "--stale"]))?;
    }
    Ok(())
}

fn answers(root: &Path, tool: &str) -> bool {
    let mut command: Command = cargo(root);
    command.args([tool, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
