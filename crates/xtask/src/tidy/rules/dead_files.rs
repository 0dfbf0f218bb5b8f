//! Every `.rs` is compiled: a `mod`, `#[path]`, `include!` or Cargo target names it.

use super::super::tree::{Breach, Tree};

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let dead = tree.rust().filter(|source| !source.reached);
    dead.map(|source| Breach::new(source.path, 1, "no module and no target names this file")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean, manifest};
    use super::check;

    #[test]
    fn a_file_that_nobody_names_is_a_breach() {
        let toml = manifest("a", &[]);
        let files = [
            ("a/Cargo.toml", toml.as_str()),
            ("a/src/lib.rs", "mod x; // mod dead;\nconst A: &str = \"mod dead;\";"),
            ("a/src/x.rs", ""),
            ("a/src/dead.rs", "mod deader;"),
            ("a/src/dead/deader.rs", ""),
        ];
        let expected = [
            "a/src/dead.rs:1: no module and no target names this file",
            "a/src/dead/deader.rs:1: no module and no target names this file",
        ];
        assert_breaches(check, &files, &expected);
    }

    #[test]
    fn targets_are_alive() {
        let toml =
            "[package]\nname = \"a\"\n[lib]\npath = \"odd.rs\"\n[[bin]]\nname = \"b\"\npath = \"bin.rs\"\n";
        let files = [
            ("a/Cargo.toml", toml),
            ("a/odd.rs", ""),
            ("a/bin.rs", ""),
            ("a/build.rs", ""),
            ("a/src/main.rs", ""),
            ("a/src/bin/c.rs", ""),
            ("a/src/bin/d/main.rs", "mod e;"),
            ("a/src/bin/d/e.rs", ""),
            ("a/tests/f.rs", "mod common;"),
            ("a/tests/common/mod.rs", ""),
            ("a/benches/g.rs", ""),
        ];
        assert_clean(check, &files);
    }
}
