//! Known advisories against the versions of `Cargo.lock`.

use anyhow::{Context, Result};
use semver::{Version, VersionReq};
use toml::{Table, Value};

use super::lock::Locked;
use super::policy::Policy;

/// An advisory of the list beside this crate's manifest.
pub(super) struct Advisory {
    id: String,
    package: String,
    what: String,
    /// Versions that are well, patched or never affected.
    well: Vec<VersionReq>,
    /// As written, for the message.
    patched: Vec<String>,
}

pub(super) fn read(text: &str) -> Result<Vec<Advisory>> {
    let table: Table = text.parse().context("advisories.toml")?;
    let entries = table.get("advisory").and_then(Value::as_array).context("advisories.toml holds none")?;
    entries.iter().map(|entry| one(entry).with_context(|| format!("advisories.toml: {entry:?}"))).collect()
}

fn one(entry: &Value) -> Result<Advisory> {
    let text =
        |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned).context(format!("no {key}"));
    let versions = |key: &str| -> Vec<String> {
        let list = entry.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (patched, unaffected) = (versions("patched"), versions("unaffected"));
    let well = patched.iter().chain(&unaffected).map(|versions| VersionReq::parse(versions));
    Ok(Advisory {
        id: text("id")?,
        package: text("crate")?,
        what: text("what")?,
        well: well.collect::<Result<_, _>>()?,
        patched,
    })
}

pub(super) fn check(locked: &[Locked], advisories: &[Advisory], policy: &Policy) -> Vec<String> {
    let mut breaches = Vec::new();
    for advisory in advisories {
        let accepted = policy.accepted.contains(&advisory.id);
        let of_crate = locked.iter().filter(|package| package.name == advisory.package);
        let affected: Vec<&Locked> = of_crate.filter(|package| advisory.affects(&package.version)).collect();
        if accepted && affected.is_empty() {
            breaches.push(format!("deny.toml accepts {}, which affects nothing here any more", advisory.id));
        }
        for package in affected.into_iter().filter(|_| !accepted) {
            let needed = if advisory.patched.is_empty() {
                "there is no fix".to_owned()
            } else {
                advisory.patched.join(" or ")
            };
            let Advisory { id, what, .. } = advisory;
            breaches.push(format!("{} {}: {id}: {what} (needed: {needed})", package.name, package.version));
        }
    }
    let unknown = policy.accepted.iter().filter(|id| !advisories.iter().any(|advisory| advisory.id == **id));
    breaches.extend(
        unknown.map(|id| format!("deny.toml accepts {id}, which crates/xtask/advisories.toml does not know")),
    );
    breaches
}

impl Advisory {
    fn affects(&self, version: &str) -> bool {
        // A version that cannot be read is not known to be well.
        Version::parse(version).map_or(true, |version| !self.well.iter().any(|well| well.matches(&version)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::policy::EXAMPLE;
    use super::*;

    const LIST: &str = r#"
[[advisory]]
id = "RUSTSEC-2000-0001"
crate = "accepted"
patched = []
what = "leaks"
[[advisory]]
id = "RUSTSEC-2000-0002"
crate = "a"
patched = [">= 1.2.0", ">= 1.0.5, < 1.1.0"]
unaffected = ["< 0.5.0"]
what = "panics"
"#;

    fn breaches(list: &str, locked: &[(&str, &str)]) -> Vec<String> {
        let locked: Vec<Locked> = locked
            .iter()
            .map(|(name, version)| Locked { name: (*name).into(), version: (*version).into(), source: None })
            .collect();
        check(&locked, &read(list).unwrap(), &Policy::read(EXAMPLE).unwrap())
    }

    #[test]
    fn affected_versions_are_breaches() {
        let versions = ["0.4.9", "0.5.0", "1.0.4", "1.0.5", "1.1.0", "1.2.0", "2.0.0"];
        let mut locked: Vec<(&str, &str)> = versions.iter().map(|version| ("a", *version)).collect();
        locked.push(("accepted", "1.0.0"));
        let expected = ["0.5.0", "1.0.4", "1.1.0"].map(|version| {
            format!("a {version}: RUSTSEC-2000-0002: panics (needed: >= 1.2.0 or >= 1.0.5, < 1.1.0)")
        });
        assert_eq!(breaches(LIST, &locked), expected);
    }

    #[test]
    fn what_is_accepted_must_be_known_and_still_needed() {
        let expected = ["deny.toml accepts RUSTSEC-2000-0001, which affects nothing here any more"];
        assert_eq!(breaches(LIST, &[]), expected);
        let other = LIST.replace("RUSTSEC-2000-0001", "RUSTSEC-2000-0003");
        let expected =
            ["deny.toml accepts RUSTSEC-2000-0001, which crates/xtask/advisories.toml does not know"];
        assert_eq!(breaches(&other, &[]), expected);
    }

    #[test]
    fn the_list_of_the_repository_can_be_read() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("advisories.toml");
        assert!(read(&std::fs::read_to_string(path).unwrap()).unwrap().len() > 10);
    }
}
