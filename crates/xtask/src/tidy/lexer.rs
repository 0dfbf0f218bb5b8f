//! A small Rust lexer: enough to tell code from comments and strings, so that no rule trips over either.

/// What a token is. Keywords are identifiers here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword; a raw identifier without its `r#`.
    Ident,
    /// A lifetime or label, with its quote.
    Lifetime,
    /// A string literal of any sort, without prefix and quotes, escapes as written.
    Str,
    /// A character or byte literal, with its quotes.
    Char,
    /// A number, suffix included.
    Number,
    /// One character of punctuation, or one of `::`, `=>`, `->`.
    Punct,
    /// A comment of any sort, as written.
    Comment,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// From 1.
    pub(crate) line: usize,
    /// Compiled for tests only (`#[cfg(test)]`, `#[test]`). The lexer says no; `regions` finds out.
    pub(crate) test: bool,
    /// How many inline `mod name { … }` stand around it. The lexer says none; `regions` finds out.
    pub(crate) depth: usize,
}

impl Token<'_> {
    /// Is it this identifier or keyword?
    pub(crate) fn is_ident(&self, text: &str) -> bool {
        self.kind == Kind::Ident && self.text == text
    }

    /// Is it this punctuation?
    pub(crate) fn is_punct(&self, text: &str) -> bool {
        self.kind == Kind::Punct && self.text == text
    }
}

/// Splits a source into tokens. Never fails: what is cut short runs to the end of the text.
pub(crate) fn lex(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { text, at: 0, line: 1, tokens: Vec::new() };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    tokens: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return false };
        if first.is_whitespace() {
            self.advance(first.len_utf8());
        } else if rest.starts_with("//") {
            self.token(Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.token(Kind::Comment, block_comment_len(rest));
        } else if let Some((open, hashes)) = string_opening(rest) {
            self.string(open, hashes);
        } else if first == '\'' || rest.starts_with("b'") {
            self.quote();
        } else if first.is_alphabetic() || first == '_' {
            self.ident();
        } else if first.is_ascii_digit() {
            self.token(Kind::Number, self.number_len());
        } else {
            let pair = ["::", "=>", "->"].iter().any(|pair| rest.starts_with(pair));
            self.token(Kind::Punct, if pair { 2 } else { first.len_utf8() });
        }
        true
    }

    fn advance(&mut self, len: usize) {
        let passed = self.rest().get(..len).unwrap_or("");
        self.line += passed.matches('\n').count();
        self.at += len;
    }

    fn token(&mut self, kind: Kind, len: usize) {
        let text = self.rest().get(..len).unwrap_or("");
        self.tokens.push(Token { kind, text, line: self.line, test: false, depth: 0 });
        self.advance(len);
    }

    fn ident(&mut self) {
        if self.rest().starts_with("r#") {
            self.advance(2);
        }
        let rest = self.rest();
        let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        // A lone `r#` at the very end has no name behind it; step over whatever stands there.
        if len == 0 {
            self.advance(rest.chars().next().map_or(0, char::len_utf8));
        } else {
            self.token(Kind::Ident, len);
        }
    }

    /// `open` bytes up to and including the opening quote; raw strings close with `hashes` hashes.
    fn string(&mut self, open: usize, hashes: Option<usize>) {
        self.advance(open);
        let rest = self.rest();
        let (len, close) = match hashes {
            Some(hashes) => {
                let end = format!("\"{}", "#".repeat(hashes));
                (rest.find(&end).unwrap_or(rest.len()), end.len())
            }
            None => (unescaped_quote(rest), 1),
        };
        self.token(Kind::Str, len);
        self.advance(close.min(self.rest().len()));
    }

    /// A character literal or a lifetime.
    fn quote(&mut self) {
        let rest = self.rest();
        let prefix = usize::from(rest.starts_with('b')) + 1;
        let body = rest.get(prefix..).unwrap_or("");
        let mut chars = body.char_indices();
        match (chars.next(), chars.next()) {
            (Some((_, '\\')), _) => {
                // Past the escaped character itself, then to the closing quote.
                let escaped = body.char_indices().nth(2).map_or(body.len(), |(at, _)| at);
                let close =
                    body.get(escaped..).and_then(|b| b.find('\'')).map_or(body.len(), |at| escaped + at + 1);
                self.token(Kind::Char, prefix + close);
            }
            (Some(_), Some((at, '\''))) => self.token(Kind::Char, prefix + at + 1),
            _ => {
                let len = body.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(body.len());
                self.token(Kind::Lifetime, prefix + len);
            }
        }
    }

    fn number_len(&self) -> usize {
        let rest = self.rest();
        // `pair.0.1` is two field names, not the number 0.1.
        let field = self.tokens.last().is_some_and(|token| token.is_punct("."));
        let mut end = 0;
        let mut chars = rest.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            let next_is_digit = chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
            let exponent_sign =
                (c == '-' || c == '+') && next_is_digit && rest.get(..at).is_some_and(ends_with_exponent);
            let point = c == '.' && next_is_digit && !field;
            if !(c.is_alphanumeric() || c == '_' || point || exponent_sign) {
                break;
            }
            end = at + c.len_utf8();
        }
        end
    }
}

fn ends_with_exponent(number: &str) -> bool {
    !number.starts_with("0x") && number.ends_with(['e', 'E'])
}

/// Length of the opening up to and with the quote, and the hashes of a raw string, if a string starts here.
fn string_opening(rest: &str) -> Option<(usize, Option<usize>)> {
    let prefix = rest.bytes().take(3).position(|byte| matches!(byte, b'"' | b'#'))?;
    let name = rest.get(..prefix)?;
    let raw = name.ends_with('r');
    if !matches!(name, "" | "b" | "c" | "r" | "br" | "cr") {
        return None;
    }
    let after = rest.get(prefix..)?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    if (hashes > 0 && !raw) || !after.get(hashes..)?.starts_with('"') {
        return None;
    }
    Some((prefix + hashes + 1, raw.then_some(hashes)))
}

fn unescaped_quote(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        if c == '"' && !escaped {
            return at;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn block_comment_len(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
#[path = "lexer_tests.rs"]
mod lexer_tests;
