//! `cargo xtask ci`: everything that must hold before a change goes in, cheapest first, stopping at the first failure.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::shell::{cargo, run, say};
use crate::{supply, tidy, with_postgres};

type Step = (&'static str, fn(&Path) -> Result<()>);

const STEPS: [Step; 6] = [
    ("format", |root| run(cargo(root).args(["fmt", "--all", "--check"]))),
    ("tidy", tidy::run),
    ("clippy", |root| {
        let all = ["clippy", "--workspace", "--all-targets", "--features", "tests/bench", "--locked"];
        run(cargo(root).args(all).args(["--", "-D", "warnings"]))
    }),
    ("test", |root| with_postgres::test(root, &["--locked".into()])),
    ("doc", |root| {
        run(cargo(root)
            .args(["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "-D warnings"))
    }),
    ("supply", supply::run),
];

/// The command.
///
/// # Errors
/// The first step's that fails.
pub(crate) fn ci(root: &Path) -> Result<()> {
    run_steps(root, &STEPS)
}

fn run_steps(root: &Path, steps: &[Step]) -> Result<()> {
    let begun = Instant::now();
    for (name, step) in steps {
        say(&format!("ci: {name} …"));
        let begun = Instant::now();
        let result = step(root);
        let told = if result.is_ok() { "ok" } else { "FAILED" };
        say(&format!("ci: {name} {told} after {:.1?}", begun.elapsed()));
        result.with_context(|| format!("ci stops at {name}"))?;
    }
    say(&format!("ci: all {} steps ok after {:.1?}", steps.len(), begun.elapsed()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_first_failure_ends_it() {
        let scratch = crate::scratch::Scratch::new("ci").unwrap();
        let steps: [Step; 3] = [
            ("one", |root| Ok(std::fs::write(root.join("one"), "")?)),
            ("two", |_| bail!("broken")),
            ("three", |root| Ok(std::fs::write(root.join("three"), "")?)),
        ];
        let error = run_steps(scratch.path(), &steps).unwrap_err();
        assert_eq!(format!("{error:#}"), "ci stops at two: broken");
        assert!(scratch.path().join("one").exists() && !scratch.path().join("three").exists());
    }
}
