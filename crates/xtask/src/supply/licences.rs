//! The licence of every package that is compiled on this kind of machine.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::policy::Policy;
use super::spdx::is_allowed;
use crate::shell::{cargo, output};

/// A package and what it says of its licence.
pub(super) struct Licence {
    pub(super) package: String,
    pub(super) expression: Option<String>,
}

/// What `cargo metadata` says, as JSON. For this platform alone: packages for others are not downloaded.
pub(super) fn metadata(root: &Path) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = output(Command::new(rustc).arg("-vV"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("rustc does not name its host")?;
    output(cargo(root).args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--all-features",
        "--filter-platform",
        host,
    ]))
}

pub(super) fn read(metadata: &str) -> Result<Vec<Licence>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata")?;
    let used = metadata
        .pointer("/resolve/nodes")
        .and_then(Value::as_array)
        .context("cargo metadata has no nodes")?;
    let used: Vec<&str> = used.iter().filter_map(|node| node.get("id")?.as_str()).collect();
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("cargo metadata has no packages")?;
    let field = |package: &Value, key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let packages =
        packages.iter().filter(|package| field(package, "id").is_some_and(|id| used.contains(&id.as_str())));
    let licences = packages.map(|package| {
        let name = format!("{} {}", field(package, "name")?, field(package, "version")?);
        Some(Licence { package: name, expression: field(package, "license") })
    });
    licences.collect::<Option<_>>().context("cargo metadata: a package without a name or version")
}

pub(super) fn check(licences: &[Licence], policy: &Policy) -> Vec<String> {
    let breaches = licences.iter().filter_map(|Licence { package, expression }| {
        let Some(expression) = expression else {
            return Some(format!("{package} names no licence"));
        };
        match is_allowed(expression, &policy.licences) {
            Ok(true) => None,
            Ok(false) => Some(format!("{package} is under {expression}, which deny.toml does not allow")),
            Err(e) => Some(format!("{package}: {e}")),
        }
    });
    breaches.collect()
}

#[cfg(test)]
mod tests {
    use super::super::policy::EXAMPLE;
    use super::*;

    #[test]
    fn a_licence_that_is_not_allowed_or_not_named_is_a_breach() {
        let metadata = r#"{"packages": [
            {"id": "1", "name": "a", "version": "1.0.0", "license": "MIT"},
            {"id": "2", "name": "b", "version": "1.0.0", "license": "GPL-3.0-only"},
            {"id": "3", "name": "c", "version": "1.0.0", "license": null},
            {"id": "4", "name": "for_another_platform", "version": "1.0.0", "license": "GPL-3.0-only"}
        ], "resolve": {"nodes": [{"id": "1"}, {"id": "2"}, {"id": "3"}]}}"#;
        let breaches = check(&read(metadata).unwrap(), &Policy::read(EXAMPLE).unwrap());
        let expected =
            ["b 1.0.0 is under GPL-3.0-only, which deny.toml does not allow", "c 1.0.0 names no licence"];
        assert_eq!(breaches, expected);
    }
}
