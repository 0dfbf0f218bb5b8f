//! No float near the books: `f32`, `f64` and float literals stand only where a reason is written down.

use super::super::lexer::{Kind, Token};
use super::super::tree::{Breach, Tree};

/// File, and why floats are right there. A file that needs none any more must leave the list.
const PLACES: &[(&str, &str)] = &[
    ("crates/engine/src/sequencer.rs", "the metrics library takes floats"),
    ("crates/integrations/src/captcha/drawing.rs", "outlines of characters are geometry"),
    ("crates/suanpan/src/telemetry.rs", "the metrics library takes floats: bounds of histograms"),
    ("projections/src/board.rs", "the metrics library takes floats"),
];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    check_with(tree, PLACES)
}

fn check_with(tree: &Tree<'_>, places: &[(&str, &str)]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in tree.rust() {
        let place = places.iter().find(|(path, _)| *path == source.path);
        let mut floats = source.product_tokens().filter(|token| is_float(token)).peekable();
        match place {
            Some(_) if floats.peek().is_none() => {
                breaches.push(Breach::new(source.path, 1, "is listed as a place of floats and has none"));
            }
            Some(_) => {}
            None => breaches.extend(floats.map(|token| {
                Breach::new(
                    source.path,
                    token.line,
                    format!("{}: no floats here (list the file with its reason)", token.text),
                )
            })),
        }
    }
    breaches
}

fn is_float(token: &Token<'_>) -> bool {
    match token.kind {
        Kind::Ident => matches!(token.text, "f32" | "f64"),
        Kind::Number if token.text.starts_with("0x") => false,
        Kind::Number => {
            token.text.contains('.') || token.text.ends_with("f32") || token.text.ends_with("f64")
        }
        Kind::Lifetime | Kind::Str | Kind::Char | Kind::Punct | Kind::Comment => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean, breaches};
    use super::*;

    #[test]
    fn a_float_in_product_code_is_a_breach() {
        let text = "fn f(x: f64) {}\nlet y = 1.5;\nlet z = 2_f32;";
        let message = "no floats here (list the file with its reason)";
        let expected = [(1, "f64"), (2, "1.5"), (3, "2_f32")]
            .map(|(line, what)| format!("a/src/x.rs:{line}: {what}: {message}"));
        assert_breaches(check, &[("a/src/x.rs", text)], &expected.each_ref().map(String::as_str));
    }

    #[test]
    fn tests_texts_and_integers_are_free() {
        let text = "// f64\nlet a = (\"f64\", p.0.1, 0x1f64, 0..2, 1.max(2), x.as_secs_f64());\n#[cfg(test)] mod t { fn f(x: f64) {} }";
        assert_clean(
            check,
            &[("a/src/x.rs", text), ("a/src/x_tests.rs", "fn f(x: f64) {}"), ("tests/src/x.rs", "1.0")],
        );
    }

    #[test]
    fn every_place_is_there() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (path, reason) in PLACES {
            assert!(root.join(path).is_file() && !reason.is_empty(), "{path}");
        }
    }

    #[test]
    fn a_place_is_free_as_long_as_it_needs_it() {
        const LISTED: &[(&str, &str)] =
            &[("a/src/x.rs", "metrics take floats"), ("a/src/y.rs", "metrics take floats")];
        let found = breaches(|tree| check_with(tree, LISTED), &[("a/src/x.rs", "1.0"), ("a/src/y.rs", "1")]);
        assert_eq!(found, ["a/src/y.rs:1: is listed as a place of floats and has none"]);
    }
}
