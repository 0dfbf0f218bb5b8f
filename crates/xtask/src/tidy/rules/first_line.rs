//! The first line of every `.rs` is `//!` and says what lives there.

use super::super::tree::{Breach, Tree};

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let silent = tree.rust().filter(|source| {
        let said = source.text.lines().next().and_then(|line| line.strip_prefix("//!"));
        said.is_none_or(|said| said.trim().is_empty())
    });
    silent
        .map(|source| Breach::new(source.path, 1, "the first line is //! and says what lives here"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::check;

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_a_breach() {
        assert_clean(check, &[("a/src/x.rs", "//! Things.\nfn f() {}"), ("a.md", "# x")]);
        let files = [("a/src/x.rs", "fn f() {}"), ("a/src/y.rs", "//!\n"), ("a/src/z.rs", "")];
        let message = "the first line is //! and says what lives here";
        let expected = ["x", "y", "z"].map(|name| format!("a/src/{name}.rs:1: {message}"));
        assert_breaches(check, &files, &expected.each_ref().map(String::as_str));
    }
}
