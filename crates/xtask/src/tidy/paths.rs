//! Every path a source names (`a::b::C`), with the groups of `use a::{b, c::d}` spelled out.

use super::lexer::{Kind, Token};
use super::regions::closing;

/// A path as written, or one leaf of a `use` tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathRef<'a> {
    pub(crate) segments: Vec<&'a str>,
    pub(crate) line: usize,
    /// In test code.
    pub(crate) test: bool,
    /// In a `use` item: there a single segment names a crate or module too.
    pub(crate) imported: bool,
    /// Inline modules around it.
    pub(crate) depth: usize,
}

impl<'a> PathRef<'a> {
    /// The first segment, if it can only be a crate or a module.
    pub(crate) fn head(&self) -> Option<&'a str> {
        (self.imported || self.segments.len() > 1).then(|| self.segments.first().copied()).flatten()
    }

    /// The path from the crate's root, when it is written relative to it or to `module`, the path of the
    /// file's own module: `crate::a`, `self::a`, `super::a`.
    pub(crate) fn absolute(&self, module: &[&'a str]) -> Option<Vec<&'a str>> {
        let mut segments = self.segments.iter().copied().peekable();
        let mut base: Vec<Option<&'a str>> = match segments.peek().copied()? {
            "crate" => Vec::new(),
            "self" | "super" => {
                module.iter().map(|&m| Some(m)).chain(std::iter::repeat_n(None, self.depth)).collect()
            }
            _ => return None,
        };
        while let Some(word) = segments.next_if(|&word| matches!(word, "crate" | "self" | "super")) {
            if word == "super" {
                base.pop();
            }
        }
        // Inline modules have no name here; what lies inside one is the file's own.
        Some(base.into_iter().map(|name| name.unwrap_or("")).chain(segments).collect())
    }
}

/// All paths of a source, single identifiers included. `tokens` are without comments.
pub(crate) fn paths<'a>(tokens: &[Token<'a>]) -> Vec<PathRef<'a>> {
    let mut found = Finder { tokens, imported: false, paths: Vec::new() };
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        if token.is_ident("use") {
            found.imported = true;
        } else if token.is_punct(";") {
            found.imported = false;
        } else if found.starts_path(at) {
            at = found.tree(at, &[]);
            continue;
        }
        at += 1;
    }
    found.paths
}

struct Finder<'t, 'a> {
    tokens: &'t [Token<'a>],
    imported: bool,
    paths: Vec<PathRef<'a>>,
}

impl<'a> Finder<'_, 'a> {
    fn punct(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_punct(text))
    }

    fn starts_path(&self, at: usize) -> bool {
        if self.tokens.get(at).is_none_or(|token| token.kind != Kind::Ident) {
            return false;
        }
        let Some(before) = at.checked_sub(1) else { return true };
        if self.punct(before, ".") {
            // `.field` is none, `0..limit` is one.
            return before.checked_sub(1).is_some_and(|two| self.punct(two, "."));
        }
        if self.punct(before, "::") {
            // `::krate::x` is one, the rest of `<T as Trait>::x` is none.
            return !before
                .checked_sub(1)
                .and_then(|two| self.tokens.get(two))
                .is_some_and(|two| two.kind == Kind::Ident || two.is_punct(">"));
        }
        true
    }

    /// Reads the path or tree at `at` behind `prefix`; gives the index after it.
    fn tree(&mut self, mut at: usize, prefix: &[&'a str]) -> usize {
        let start = at;
        let mut segments = prefix.to_vec();
        while let Some(token) = self.tokens.get(at) {
            if token.is_punct("{") {
                return self.group(at, &segments);
            }
            if token.kind != Kind::Ident && !token.is_punct("*") {
                break;
            }
            segments.push(token.text);
            at += 1;
            if !self.punct(at, "::") || self.punct(at + 1, "<") {
                break;
            }
            at += 1;
        }
        if let Some(token) = self.tokens.get(start) {
            let (line, test, depth) = (token.line, token.test, token.depth);
            self.paths.push(PathRef { segments, line, test, imported: self.imported, depth });
        }
        at.max(start + 1)
    }

    fn group(&mut self, open: usize, prefix: &[&'a str]) -> usize {
        let close = closing(self.tokens, open);
        let mut at = open + 1;
        while at < close {
            let token = self.tokens.get(at);
            if token.is_some_and(|token| token.is_ident("as")) {
                at += 2;
            } else if token.is_some_and(|token| token.is_punct(",") || token.is_punct("::")) {
                at += 1;
            } else {
                at = self.tree(at, prefix);
            }
        }
        close + 1
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let tokens: Vec<_> = lex(text).into_iter().filter(|token| token.kind != Kind::Comment).collect();
        let paths = paths(&tokens).into_iter().filter(|path| path.head().is_some());
        paths.map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn groups_are_spelled_out() {
        assert_eq!(
            all("use a::{b, c::{d, self}, e as f, *};"),
            ["a::b", "a::c::d", "a::c::self", "a::e", "a::*"]
        );
        assert_eq!(all("use {a::b, ::c::d};"), ["a::b", "c::d"]);
        assert_eq!(all("use a; b"), ["a"]);
    }

    #[test]
    fn paths_in_expressions_types_and_attributes_are_found() {
        assert_eq!(
            all("fn f(x: a::B<c::D>) { e::f::<g::H>(i.j::<k::L>()) }"),
            ["a::B", "c::D", "e::f", "g::H", "k::L"]
        );
        assert_eq!(all("#[derive(sqlx::FromRow)] struct S;"), ["sqlx::FromRow"]);
        assert_eq!(all("for x in 0..a::B {}"), ["a::B"]);
        assert_eq!(all("<T as a::B>::c::d()"), ["a::B"]);
    }

    #[test]
    fn relative_paths_resolve_to_the_root() {
        let resolve = |text: &str| {
            let tokens = lex(text);
            paths(&tokens).first().and_then(|path| path.absolute(&["cart", "decide"])).map(|p| p.join("::"))
        };
        assert_eq!(resolve("crate::order::X"), Some("order::X".to_owned()));
        assert_eq!(resolve("super::super::order::X"), Some("order::X".to_owned()));
        assert_eq!(resolve("super::X"), Some("cart::X".to_owned()));
        assert_eq!(resolve("self::X"), Some("cart::decide::X".to_owned()));
        assert_eq!(resolve("serde::X"), None);
    }
}
