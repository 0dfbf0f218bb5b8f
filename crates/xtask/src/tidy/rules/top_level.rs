//! The top level is fixed: a new thing belongs into one of the rooms that are there.

use std::collections::BTreeSet;

use super::super::tree::{Breach, Tree};

const ALLOWED: [&str; 17] = [
    "Cargo.toml",
    "Cargo.lock",
    "crates",
    "aggregates",
    "projections",
    "api",
    "tests",
    "docs",
    "README.md",
    "LICENSE",
    "NOTICE",
    "rustfmt.toml",
    "clippy.toml",
    "deny.toml",
    ".cargo",
    ".ci",
    ".gitignore",
];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let top: BTreeSet<&str> =
        tree.sources.iter().map(|source| source.path.split('/').next().unwrap_or(source.path)).collect();
    let extra = top.into_iter().filter(|entry| !ALLOWED.contains(entry));
    extra.map(|entry| Breach::new(entry, 1, "does not belong on the top level")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::check;

    #[test]
    fn a_new_entry_is_a_breach() {
        assert_clean(check, &[("Cargo.toml", ""), ("docs/a.md", ""), (".ci/run", "")]);
        let files = [("scripts/a.sh", ""), ("scripts/b.sh", ""), ("Makefile", "")];
        let message = "does not belong on the top level";
        assert_breaches(
            check,
            &files,
            &[&format!("Makefile:1: {message}"), &format!("scripts:1: {message}")],
        );
    }
}
