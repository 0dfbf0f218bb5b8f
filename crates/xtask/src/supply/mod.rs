//! `cargo xtask supply`: what comes from outside. Licences, banned crates, sources, advisories and dependencies that
//! nothing uses; all of it without a network.

mod advisories;
mod licences;
mod lock;
mod outside;
mod policy;
mod spdx;
mod unused;

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::shell::say;
use crate::tidy::{Tree, read};
use policy::Policy;

/// The command.
///
/// # Errors
/// When there is a breach; all of them have been told.
pub(crate) fn run(root: &Path) -> Result<()> {
    let file =
        |path: &str| std::fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"));
    let policy = Policy::read(&file("deny.toml")?)?;
    let locked = lock::read(&file("Cargo.lock")?)?;
    let advisories = advisories::read(&file("crates/xtask/advisories.toml")?)?;
    let metadata = licences::metadata(root)?;
    let files = read(root)?;

    let mut breaches = policy.check_locked(&locked);
    breaches.extend(licences::check(&licences::read(&metadata)?, &policy));
    breaches.extend(advisories::check(&locked, &advisories, &policy));
    let tree = Tree::new(&files);
    breaches.extend(unused::check(&tree));
    breaches.extend(unused::check_offered(&file("Cargo.toml")?, &tree)?);
    for breach in &breaches {
        say(breach);
    }
    if !breaches.is_empty() {
        bail!("supply: {} breaches", breaches.len());
    }
    say(&format!("supply: {} packages, {} advisories, no breach", locked.len(), advisories.len()));
    outside::ask(root)
}
