//! What `deny.toml` allows: the one list that this tool and cargo-deny both read.

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::lock::Locked;

/// The parts of `deny.toml` that are checked here.
pub(super) struct Policy {
    /// SPDX licences, exceptions spelled out.
    pub(super) licences: Vec<String>,
    /// Crates that must not be there, and why.
    banned: Vec<(String, String)>,
    /// Registries that packages may come from.
    registries: Vec<String>,
    /// Accepted advisories; each has a reason, or reading fails.
    pub(super) accepted: Vec<String>,
}

impl Policy {
    pub(super) fn read(text: &str) -> Result<Policy> {
        let table: Table = text.parse().context("deny.toml")?;
        let section = |name: &str| {
            table.get(name).and_then(Value::as_table).with_context(|| format!("deny.toml: no [{name}]"))
        };
        let mut banned = Vec::new();
        for entry in list(section("bans")?, "deny")? {
            banned.push((text_of(entry, "name")?, text_of(entry, "reason")?));
        }
        let mut accepted = Vec::new();
        for entry in list(section("advisories")?, "ignore")? {
            text_of(entry, "reason")?;
            accepted.push(text_of(entry, "id")?);
        }
        Ok(Policy {
            licences: texts(section("licenses")?, "allow")?,
            banned,
            registries: texts(section("sources")?, "allow-registry")?,
            accepted,
        })
    }

    /// Breaches of bans and sources.
    pub(super) fn check_locked(&self, locked: &[Locked]) -> Vec<String> {
        let mut breaches = Vec::new();
        for package in locked {
            let Locked { name, version, source } = package;
            let banned = self.banned.iter().find(|(banned, _)| banned == name);
            breaches.extend(banned.map(|(_, reason)| format!("{name} {version} is banned: {reason}")));
            // Without a source it is one of ours.
            let registry = source.as_deref().map(|source| source.strip_prefix("registry+").unwrap_or(source));
            if let Some(registry) =
                registry.filter(|registry| !self.registries.iter().any(|allowed| allowed == registry))
            {
                breaches
                    .push(format!("{name} {version} comes from {registry}, which deny.toml does not allow"));
            }
        }
        breaches
    }
}

fn list<'t>(table: &'t Table, key: &str) -> Result<&'t [Value]> {
    let list =
        table.get(key).and_then(Value::as_array).with_context(|| format!("deny.toml: no list {key}"))?;
    Ok(list.as_slice())
}

fn texts(table: &Table, key: &str) -> Result<Vec<String>> {
    let texts = list(table, key)?.iter().map(|value| value.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().with_context(|| format!("deny.toml: {key} holds something else than text"))
}

fn text_of(entry: &Value, key: &str) -> Result<String> {
    let text = entry
        .get(key)
        .and_then(Value::as_str)
        .with_context(|| format!("deny.toml: {entry:?} has no {key}"))?;
    Ok(text.to_owned())
}

#[cfg(test)]
pub(super) const EXAMPLE: &str = r#"
[licenses]
allow = ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"]
[bans]
deny = [{ name = "openssl", reason = "one TLS is enough" }]
[sources]
allow-registry = ["https://example.org/index"]
[advisories]
ignore = [{ id = "RUSTSEC-2000-0001", reason = "tests only" }]
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str, source: Option<&str>) -> Locked {
        Locked { name: name.to_owned(), version: "1.0.0".to_owned(), source: source.map(str::to_owned) }
    }

    #[test]
    fn banned_crates_and_foreign_sources_are_breaches() {
        let policy = Policy::read(EXAMPLE).unwrap();
        let ours = "registry+https://example.org/index";
        let clean = [locked("serde", Some(ours)), locked("kernel", None)];
        assert!(policy.check_locked(&clean).is_empty());
        let dirty =
            [locked("openssl", Some(ours)), locked("serde", Some("git+https://example.com/serde#abc"))];
        let expected = [
            "openssl 1.0.0 is banned: one TLS is enough",
            "serde 1.0.0 comes from git+https://example.com/serde#abc, which deny.toml does not allow",
        ];
        assert_eq!(policy.check_locked(&dirty), expected);
    }

    #[test]
    fn an_advisory_is_not_accepted_without_a_reason() {
        let text = EXAMPLE.replace(", reason = \"tests only\"", "");
        assert!(Policy::read(&text).is_err());
    }
}
