//! No product file grows past 400 lines; tests may.

use super::super::tree::{Breach, Tree, is_test_path};

const LINES_MAX: usize = 400;

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let product = tree.rust().filter(|source| !is_test_path(source.path));
    let breaches = product.filter_map(|source| {
        let lines = source.text.lines().count();
        let message = format!("{lines} lines, at most {LINES_MAX}: split it by topic");
        (lines > LINES_MAX).then(|| Breach::new(source.path, LINES_MAX + 1, message))
    });
    breaches.collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::check;

    #[test]
    fn a_long_product_file_is_a_breach() {
        let (fits, long) = ("\n".repeat(400), "\n".repeat(401));
        assert_clean(check, &[("a/src/x.rs", &fits), ("a/src/x_tests.rs", &long), ("tests/src/x.rs", &long)]);
        assert_breaches(
            check,
            &[("a/src/x.rs", &long)],
            &["a/src/x.rs:401: 401 lines, at most 400: split it by topic"],
        );
    }
}
