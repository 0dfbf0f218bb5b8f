//! Nothing unfinished, silenced or switched off: no `todo!`, no `#[allow]`, no `#[ignore]`, no marker in a comment.

use super::super::lexer::Token;
use super::super::regions::Attribute;
use super::super::tree::{Breach, Source, Tree};

const MACROS: [&str; 2] = ["todo", "unimplemented"];
const MARKERS: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    tree.rust().flat_map(|source| [macros(source), attributes(source), markers(source)].concat()).collect()
}

fn macros(source: &Source<'_>) -> Vec<Breach> {
    let calls = source.tokens.windows(2).filter_map(|pair| match pair {
        [name, bang] if bang.is_punct("!") && MACROS.iter().any(|word| name.is_ident(word)) => Some(name),
        _ => None,
    });
    calls
        .map(|name| Breach::new(source.path, name.line, format!("{}! is unfinished work", name.text)))
        .collect()
}

fn attributes(source: &Source<'_>) -> Vec<Breach> {
    let tokens = &source.tokens;
    let attributes =
        (0..tokens.len()).filter_map(|at| Attribute::at(tokens, at).map(|found| found.body(tokens)));
    attributes.flat_map(|body| in_attribute(source.path, body)).collect()
}

fn in_attribute(path: &str, body: &[Token<'_>]) -> Vec<Breach> {
    let conditional = body.first().is_some_and(|first| first.is_ident("cfg_attr"));
    let mut breaches = Vec::new();
    for (at, token) in body.iter().enumerate() {
        let opens = body.get(at + 1).is_some_and(|next| next.is_punct("("));
        if token.is_ident("allow") && opens {
            breaches.push(Breach::new(
                path,
                token.line,
                "#[allow] hides for ever: use #[expect(…, reason = \"…\")]",
            ));
        } else if token.is_ident("ignore") && (at == 0 || conditional) {
            breaches.push(Breach::new(
                path,
                token.line,
                "#[ignore]: a test that does not run proves nothing",
            ));
        }
    }
    breaches
}

fn markers(source: &Source<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for comment in &source.comments {
        for (line, text) in (comment.line..).zip(comment.text.lines()) {
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            let markers = words.filter(|word| MARKERS.contains(word));
            breaches.extend(
                markers.map(|word| Breach::new(source.path, line, format!("{word} is unfinished work"))),
            );
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::check;

    #[test]
    fn unfinished_and_silenced_code_is_a_breach() {
        let text = "fn f() { todo!() }\nfn g() { unimplemented!(\"x\") }\n#[allow(dead_code)]\n#[ignore = \"slow\"]\n\
                    #![cfg_attr(test, allow(unused))]\n// TODO later\n/* a\nFIXME */";
        let expected = [
            "a/src/x.rs:1: todo! is unfinished work",
            "a/src/x.rs:2: unimplemented! is unfinished work",
            "a/src/x.rs:3: #[allow] hides for ever: use #[expect(…, reason = \"…\")]",
            "a/src/x.rs:4: #[ignore]: a test that does not run proves nothing",
            "a/src/x.rs:5: #[allow] hides for ever: use #[expect(…, reason = \"…\")]",
            "a/src/x.rs:6: TODO is unfinished work",
            "a/src/x.rs:8: FIXME is unfinished work",
        ];
        assert_breaches(check, &[("a/src/x.rs", text)], &expected);
    }

    #[test]
    fn names_and_texts_are_none() {
        let text = "#[expect(dead_code, reason = \"x\")] fn allow(todo: u8) { x.ignore(allow(todo)) }\n\
                    const A: &str = \"todo!() #[allow(x)] TODO\";\n// todo!() is denied";
        assert_clean(check, &[("a/src/x.rs", text)]);
    }
}
