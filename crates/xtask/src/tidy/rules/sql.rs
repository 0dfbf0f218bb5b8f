//! SQL is written in event-store and projections alone.

use super::super::lexer::Kind;
use super::super::tree::{Breach, FOR_TESTS, Tree};

const HOMES: [&str; 2] = ["event-store", "projections"];

/// First word of a statement, and words of which one follows; in capitals the first is enough.
const STATEMENTS: [(&str, &[&str]); 12] = [
    ("SELECT", &["FROM", "AS", "NOW"]),
    ("INSERT", &["INTO"]),
    ("UPDATE", &["SET"]),
    ("DELETE", &["FROM"]),
    ("REPLACE", &["INTO"]),
    ("CREATE", &["TABLE", "INDEX", "SCHEMA", "TRIGGER", "DATABASE", "VIEW", "FUNCTION", "TYPE", "ROLE"]),
    ("ALTER", &["TABLE", "INDEX", "SCHEMA", "DATABASE", "ROLE"]),
    ("DROP", &["TABLE", "INDEX", "SCHEMA", "TRIGGER", "DATABASE", "VIEW"]),
    ("TRUNCATE", &["TABLE"]),
    ("WITH", &["SELECT"]),
    ("PRAGMA", &["WAL_CHECKPOINT", "JOURNAL_MODE", "SYNCHRONOUS", "FOREIGN_KEYS"]),
    ("BEGIN", &["IMMEDIATE", "EXCLUSIVE", "TRANSACTION"]),
];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let elsewhere = tree
        .sources
        .iter()
        .filter(|source| !HOMES.contains(&source.package) && !FOR_TESTS.contains(&source.package));
    for source in elsewhere {
        if source.path.ends_with(".sql") {
            breaches.push(Breach::new(source.path, 1, "SQL lives in event-store and projections"));
        }
        let texts = source.product_tokens().filter(|token| token.kind == Kind::Str && is_sql(token.text));
        breaches.extend(
            texts.map(|text| Breach::new(source.path, text.line, "SQL lives in event-store and projections")),
        );
    }
    breaches
}

fn is_sql(text: &str) -> bool {
    let mut words =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return false };
    let Some((word, followers)) = STATEMENTS.iter().find(|(word, _)| word.eq_ignore_ascii_case(first)) else {
        return false;
    };
    let shouted =
        first == *word && text.trim_start().chars().nth(first.len()).is_some_and(char::is_whitespace);
    shouted || words.any(|word| followers.iter().any(|follower| follower.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::check;

    #[test]
    fn a_statement_elsewhere_is_a_breach() {
        let text = "f(\"SELECT 1\");\nf(r#\"\n  insert into x values (1)\"#);\nf(\"update x set a = 1\");\nf(\"drop table x\");";
        let files = [("crates/commerce/src/buy.rs", text), ("api/src/x.sql", "")];
        let message = "SQL lives in event-store and projections";
        let lines = [
            "api/src/x.sql:1",
            "crates/commerce/src/buy.rs:1",
            "crates/commerce/src/buy.rs:2",
            "crates/commerce/src/buy.rs:4",
            "crates/commerce/src/buy.rs:5",
        ];
        let expected = lines.map(|line| format!("{line}: {message}"));
        assert_breaches(check, &files, &expected.each_ref().map(String::as_str));
    }

    #[test]
    fn prose_and_the_homes_of_sql_are_free() {
        let text = "f(\"Select a shop.\"); f(\"delete the account\"); f(\"DELETE\"); f(\"create an order\"); // SELECT 1";
        let toml = super::super::super::testing::manifest("projections", &[]);
        let files = [
            ("crates/commerce/src/buy.rs", text),
            ("projections/Cargo.toml", toml.as_str()),
            ("projections/src/x.rs", "f(\"SELECT 1\")"),
            ("projections/migrations/1.sql", ""),
            ("api/src/x_tests.rs", "f(\"SELECT 1\")"),
        ];
        assert_clean(check, &files);
    }
}
