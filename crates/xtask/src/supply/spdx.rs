//! SPDX licence expressions: `MIT OR Apache-2.0`, `(MIT OR Apache-2.0) AND ISC`, `Apache-2.0 WITH LLVM-exception`.

use anyhow::{Result, bail};

/// May code under that expression be used, when those licences are allowed? Exceptions are allowed with their licence,
/// as one entry. `/` is the old way to write OR.
///
/// # Errors
/// When the expression cannot be read.
pub(super) fn is_allowed(expression: &str, allowed: &[String]) -> Result<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, allowed };
    let result = parser.either()?;
    match parser.words.first() {
        None => Ok(result),
        Some(word) => bail!("cannot read the licence {expression:?}: {word} is out of place"),
    }
}

struct Parser<'p> {
    words: &'p [&'p str],
    allowed: &'p [String],
}

impl<'p> Parser<'p> {
    fn next(&mut self) -> Option<&'p str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.first().is_some_and(|next| next.eq_ignore_ascii_case(word));
        if is_next {
            self.next();
        }
        is_next
    }

    fn either(&mut self) -> Result<bool> {
        let mut allowed = self.all()?;
        while self.takes("OR") {
            allowed |= self.all()?;
        }
        Ok(allowed)
    }

    fn all(&mut self) -> Result<bool> {
        let mut allowed = self.one()?;
        while self.takes("AND") {
            allowed &= self.one()?;
        }
        Ok(allowed)
    }

    fn one(&mut self) -> Result<bool> {
        match self.next() {
            Some("(") => {
                let allowed = self.either()?;
                if !self.takes(")") {
                    bail!("a bracket is not closed");
                }
                Ok(allowed)
            }
            None | Some(")" | "OR" | "AND" | "WITH") => bail!("a licence is missing"),
            Some(licence) => {
                let mut name = licence.to_owned();
                if self.takes("WITH") {
                    let Some(exception) = self.next() else { bail!("an exception is missing") };
                    name = format!("{licence} WITH {exception}");
                }
                Ok(self.allowed.contains(&name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    fn allowed(expression: &str) -> bool {
        let list = ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        is_allowed(expression, &list).unwrap()
    }

    #[test]
    fn expressions_are_weighed() {
        for good in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/Apache-2.0",
            "GPL-3.0/MIT",
            "(GPL-3.0 OR MIT) AND ISC",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
            "MIT AND ISC AND Apache-2.0",
            "GPL-3.0 AND MIT OR ISC",
        ] {
            assert!(allowed(good), "{good}");
        }
        for bad in [
            "GPL-3.0",
            "MPL-2.0",
            "AGPL-3.0-only OR LGPL-3.0-or-later",
            "MIT AND GPL-3.0",
            "(MIT OR ISC) AND GPL-3.0",
            "MIT WITH Classpath-exception-2.0",
            "mit-like",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_licence() {
        for broken in ["", "MIT OR", "(MIT", "MIT)", "AND MIT", "MIT Apache-2.0", "MIT WITH"] {
            assert!(is_allowed(broken, &["MIT".to_owned()]).is_err(), "{broken}");
        }
    }
}
