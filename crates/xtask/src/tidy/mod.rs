//! `cargo xtask tidy`: reads the sources and tells every breach of the house's rules.

mod files;
mod lexer;
mod modules;
mod paths;
mod regions;
mod rules;
#[cfg(test)]
mod testing;
mod tree;

use std::path::Path;

use anyhow::{Result, bail};

pub(crate) use files::read;
pub(crate) use tree::{Package, Tree};

use crate::shell::say;
use rules::RULES;

/// Every breach of the tree at `root`, a line each, sorted within its rule.
///
/// # Errors
/// When the files cannot be listed or read.
pub(crate) fn breaches(root: &Path) -> Result<Vec<String>> {
    let files = read(root)?;
    let tree = Tree::new(&files);
    let mut lines = Vec::new();
    for rule in &RULES {
        let mut found = (rule.check)(&tree);
        found.sort();
        found.dedup();
        lines.extend(
            found.into_iter().map(|b| format!("{}:{}: {} [{}]", b.path, b.line, b.message, rule.name)),
        );
    }
    Ok(lines)
}

/// The command.
///
/// # Errors
/// When there is a breach; all of them have been told.
pub(crate) fn run(root: &Path) -> Result<()> {
    let lines = breaches(root)?;
    for line in &lines {
        say(line);
    }
    if lines.is_empty() {
        say(&format!("tidy: {} rules, no breach", RULES.len()));
        return Ok(());
    }
    bail!("tidy: {} breaches", lines.len())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_house_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let breaches = super::breaches(&root).unwrap();
        assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
    }

    #[test]
    fn the_files_are_really_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let files = super::read(&root).unwrap();
        for path in ["Cargo.toml", "crates/xtask/src/tidy/mod.rs", "crates/kernel/src/money.rs", ".ci/run"] {
            assert!(
                files.iter().any(|(found, _)| found == path),
                "{path} is not among {} files",
                files.len()
            );
        }
    }
}
