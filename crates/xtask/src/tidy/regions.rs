//! Which tokens are compiled for tests only, and how deep in inline modules each stands.

use super::lexer::{Kind, Token};

const ITEM_WORDS: [&str; 15] = [
    "pub",
    "mod",
    "fn",
    "use",
    "impl",
    "struct",
    "enum",
    "union",
    "trait",
    "const",
    "static",
    "type",
    "async",
    "extern",
    "macro_rules",
];

/// Fills in `test` and `depth`. `tokens` are without comments.
pub(super) fn mark(tokens: &mut [Token<'_>]) {
    mark_depth(tokens);
    let mut at = 0;
    while at < tokens.len() {
        let Some(attribute) = Attribute::at(tokens, at) else {
            at += 1;
            continue;
        };
        if attribute.is_test(tokens) {
            let end = if attribute.inner { tokens.len() } else { item_end(tokens, attribute.end) };
            for token in tokens.get_mut(at..end).unwrap_or_default() {
                token.test = true;
            }
        }
        at = attribute.end;
    }
}

/// `#[…]` or `#![…]`: token indices, `end` past the closing bracket.
pub(super) struct Attribute {
    start: usize,
    pub(super) end: usize,
    inner: bool,
}

impl Attribute {
    pub(super) fn at(tokens: &[Token<'_>], at: usize) -> Option<Attribute> {
        if !tokens.get(at)?.is_punct("#") {
            return None;
        }
        let inner = tokens.get(at + 1)?.is_punct("!");
        let open = at + 1 + usize::from(inner);
        if !tokens.get(open)?.is_punct("[") {
            return None;
        }
        Some(Attribute { start: open + 1, end: closing(tokens, open) + 1, inner })
    }

    /// The tokens between the brackets.
    pub(super) fn body<'t, 'a>(&self, tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
        tokens.get(self.start..self.end - 1).unwrap_or_default()
    }

    fn is_test(&self, tokens: &[Token<'_>]) -> bool {
        let body = self.body(tokens);
        let has = |word: &str| body.iter().any(|token| token.is_ident(word));
        match body.first() {
            // `any(test, …)` and `not(test)` are compiled elsewhere too.
            Some(first) if first.is_ident("cfg") => has("test") && !has("any") && !has("not"),
            Some(first) if first.is_ident("test") => true,
            // `#[tokio::test(…)]`
            _ => body.windows(2).any(|pair| matches!(pair, [a, b] if a.is_punct("::") && b.is_ident("test"))),
        }
    }
}

/// Index of the bracket that closes the one at `open` (of any kind), or the last index.
pub(super) fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.kind != Kind::Punct {
            continue;
        }
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len().saturating_sub(1)
}

/// Past the end of the item (or field, or arm) that starts at `at`, further attributes included.
fn item_end(tokens: &[Token<'_>], mut at: usize) -> usize {
    while let Some(attribute) = Attribute::at(tokens, at) {
        at = attribute.end;
    }
    let first = tokens.get(at).map_or("", |token| token.text);
    let item = ITEM_WORDS.contains(&first);
    let through_braces =
        first == "use" || tokens.get(at..at + 6).is_some_and(|t| t.iter().any(|t| t.is_ident("use")));
    while let Some(token) = tokens.get(at) {
        match token.text {
            _ if token.kind != Kind::Punct => {}
            ";" => return at + 1,
            "," if !item => return at + 1,
            "{" if !through_braces => return closing(tokens, at) + 1,
            "(" | "[" | "{" => at = closing(tokens, at),
            ")" | "]" | "}" => return at,
            _ => {}
        }
        at += 1;
    }
    tokens.len()
}

fn mark_depth(tokens: &mut [Token<'_>]) {
    let mut ends: Vec<usize> = Vec::new();
    for at in 0..tokens.len() {
        while ends.last().is_some_and(|&end| end < at) {
            ends.pop();
        }
        if let Some(token) = tokens.get_mut(at) {
            token.depth = ends.len();
        }
        if let Some([word, name, brace]) = tokens.get(at..at + 3)
            && word.is_ident("mod")
            && name.kind == Kind::Ident
            && brace.is_punct("{")
        {
            ends.push(closing(tokens, at + 2));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn test_idents(text: &str) -> Vec<&str> {
        let mut tokens = lex(text);
        mark(&mut tokens);
        tokens.into_iter().filter(|t| t.test && t.kind == Kind::Ident).map(|t| t.text).collect()
    }

    #[test]
    fn the_item_after_cfg_test_is_test_code_and_no_more() {
        assert_eq!(test_idents("a; #[cfg(test)] mod tests { b } c"), ["cfg", "test", "mod", "tests", "b"]);
        assert_eq!(test_idents("#[cfg(test)] mod x; c"), ["cfg", "test", "mod", "x"]);
        assert_eq!(
            test_idents("#[cfg(test)] #[d] use a::{b, c}; e"),
            ["cfg", "test", "d", "use", "a", "b", "c"]
        );
        assert_eq!(test_idents("struct S { #[cfg(test)] a: B, c: D }"), ["cfg", "test", "a", "B"]);
        assert_eq!(
            test_idents("#[tokio::test] async fn a() { b } c"),
            ["tokio", "test", "async", "fn", "a", "b"]
        );
    }

    #[test]
    fn what_is_compiled_elsewhere_too_is_not() {
        assert!(
            test_idents("#[cfg(not(test))] fn a() {} #[cfg(any(test, feature = \"x\"))] fn b() {}")
                .is_empty()
        );
    }

    #[test]
    fn an_inner_attribute_marks_the_whole_file() {
        assert_eq!(test_idents("#![cfg(test)] a b"), ["cfg", "test", "a", "b"]);
    }

    #[test]
    fn inline_modules_are_counted() {
        let mut tokens = lex("a mod x { b mod y { c } d } e");
        mark(&mut tokens);
        let depth = |name: &str| tokens.iter().find(|t| t.is_ident(name)).map(|t| t.depth);
        assert_eq!(
            [depth("a"), depth("b"), depth("c"), depth("d"), depth("e")],
            [Some(0), Some(1), Some(2), Some(1), Some(0)]
        );
    }
}
