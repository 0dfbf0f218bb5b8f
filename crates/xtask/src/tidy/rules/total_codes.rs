//! The one match from `ErrorCode` to an API's codes is total: no wildcard, so a new error is a compile error there.

use super::super::lexer::{Kind, Token};
use super::super::tree::{Breach, Tree};

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in tree.rust() {
        let inside = source.path.strip_prefix("api/src/").and_then(|rest| rest.split_once('/'));
        if inside.is_none_or(|(_, file)| file != "codes.rs") {
            continue;
        }
        for (at, token) in source.tokens.iter().enumerate() {
            if !token.test && is_catch_all(&source.tokens, at, token) {
                let message = format!("{} => catches what is not spelled out: name every code", token.text);
                breaches.push(Breach::new(source.path, token.line, message));
            }
        }
    }
    breaches
}

/// A pattern that is nothing but `_` or a new name.
fn is_catch_all(tokens: &[Token<'_>], at: usize, token: &Token<'_>) -> bool {
    let lower = token.text.chars().next().is_some_and(|c| c == '_' || c.is_lowercase());
    let literal = matches!(token.text, "true" | "false");
    let before = at.checked_sub(1).and_then(|before| tokens.get(before));
    let begins = before.is_some_and(|t| t.kind == Kind::Punct && matches!(t.text, "{" | "," | "}" | "|"));
    let ends = tokens.get(at + 1).is_some_and(|t| t.is_punct("=>") || t.is_ident("if") || t.is_punct("@"));
    // `{ if …` begins a block, not an arm.
    token.kind == Kind::Ident && lower && !literal && begins && ends && arrow_follows(tokens, at)
}

fn arrow_follows(tokens: &[Token<'_>], at: usize) -> bool {
    let mut rest = tokens.iter().skip(at + 1);
    rest.find(|t| t.kind == Kind::Punct && matches!(t.text, "=>" | ";" | "{" | "}"))
        .is_some_and(|t| t.is_punct("=>"))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::check;

    #[test]
    fn a_catch_all_is_a_breach() {
        let text = "match c {\n A::B => 1,\n _ => 2,\n}\nmatch d { X => { 1 }\n other => 2 }\nmatch e { X => 1,\n _ if y => 3, }";
        let expected = [(3, "_"), (6, "other"), (8, "_")].map(|(line, what)| {
            format!(
                "api/src/wallet/codes.rs:{line}: {what} => catches what is not spelled out: name every code"
            )
        });
        assert_breaches(
            check,
            &[("api/src/wallet/codes.rs", text)],
            &expected.each_ref().map(String::as_str),
        );
    }

    #[test]
    fn a_total_match_and_other_files_are_free() {
        let text = "fn f(code: ErrorCode) -> i64 { match code { ErrorCode::A | ErrorCode::B => 1, ErrorCode::C { field: _, .. } => 2 } } // _ => 1";
        assert_clean(
            check,
            &[("api/src/wallet/codes.rs", text), ("api/src/wallet/user.rs", "match x { _ => 1 }")],
        );
    }
}
