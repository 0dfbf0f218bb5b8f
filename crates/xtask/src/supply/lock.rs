//! What `Cargo.lock` holds.

use anyhow::{Context, Result};
use toml::{Table, Value};

/// A package of the lock file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Locked {
    pub(super) name: String,
    pub(super) version: String,
    /// None for the workspace's own.
    pub(super) source: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Vec<Locked>> {
    let table: Table = text.parse().context("Cargo.lock")?;
    let packages = table.get("package").and_then(Value::as_array).context("Cargo.lock holds no packages")?;
    let field = |package: &Value, key: &str| package.get(key).and_then(Value::as_str).map(str::to_owned);
    let locked = packages.iter().map(|package| {
        Some(Locked {
            name: field(package, "name")?,
            version: field(package, "version")?,
            source: field(package, "source"),
        })
    });
    locked.collect::<Option<_>>().context("Cargo.lock: a package without a name or version")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read() {
        let text = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n[[package]]\nname = \"b\"\nversion = \"1.0.0\"\nsource = \"registry+x\"\n";
        let locked = read(text).unwrap();
        assert_eq!(locked[0], Locked { name: "a".into(), version: "1.2.3".into(), source: None });
        assert_eq!(locked[1].source.as_deref(), Some("registry+x"));
        assert!(read("version = 4").is_err());
    }
}
