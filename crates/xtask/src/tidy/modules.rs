//! The module tree: which `.rs` files a Cargo target reaches, and which of them only through `#[cfg(test)]`.

use std::collections::{BTreeMap, BTreeSet};

use super::lexer::{Kind, Token};

/// For each file that a target reaches: is it reached through test-only declarations alone?
pub(super) type Reached = BTreeMap<String, bool>;

/// Walks from `roots` over the files, whose tokens are without comments.
pub(super) fn reach(roots: &[String], files: &BTreeMap<&str, &[Token<'_>]>) -> Reached {
    let mut reached = Reached::new();
    let mut seen = BTreeSet::new();
    let mut queue: Vec<Visit> = roots.iter().map(|root| Visit::root(root)).collect();
    while let Some(visit) = queue.pop() {
        let Some(tokens) = files.get(visit.path.as_str()) else { continue };
        if !seen.insert((visit.path.clone(), visit.test)) {
            continue;
        }
        let test_only = reached.entry(visit.path.clone()).or_insert(true);
        *test_only &= visit.test;
        queue.extend(children(&visit, tokens));
    }
    reached
}

/// A file to visit, the folder in which its child modules live, and whether it is test code.
struct Visit {
    path: String,
    folder: String,
    test: bool,
}

impl Visit {
    fn root(path: &str) -> Visit {
        Visit { path: path.to_owned(), folder: parent(path).to_owned(), test: false }
    }
}

fn children(visit: &Visit, tokens: &[Token<'_>]) -> Vec<Visit> {
    let mut found = Vec::new();
    let mut inline: Vec<(usize, &str)> = Vec::new();
    let mut path_attribute = None;
    for (at, token) in tokens.iter().enumerate() {
        let test = visit.test || token.test;
        let next = |n: usize| tokens.get(at + n);
        let next_is = |n: usize, text: &str| next(n).is_some_and(|token| token.is_punct(text));
        while inline.last().is_some_and(|(depth, _)| *depth > token.depth) {
            inline.pop();
        }
        if token.is_ident("path") && next_is(1, "=") && next_is(3, "]") {
            path_attribute = next(2).filter(|token| token.kind == Kind::Str).map(|token| token.text);
        } else if token.is_ident("include") && next_is(1, "!") {
            if let Some(file) = next(3).filter(|token| token.kind == Kind::Str) {
                found.push(Visit { test, ..Visit::root(&join(parent(&visit.path), file.text)) });
            }
        } else if token.is_ident("mod")
            && let Some(name) = next(1).filter(|token| token.kind == Kind::Ident)
        {
            if next_is(2, "{") {
                inline.push((token.depth + 1, name.text));
            } else if next_is(2, ";") {
                let inside =
                    inline.iter().fold(visit.folder.clone(), |folder, (_, name)| join(&folder, name));
                found.extend(declared(visit, &inside, name.text, path_attribute, test));
            }
            path_attribute = None;
        }
    }
    found
}

/// The files that `mod name;` may mean.
fn declared(visit: &Visit, folder: &str, name: &str, path: Option<&str>, test: bool) -> Vec<Visit> {
    if let Some(path) = path {
        return vec![Visit { test, ..Visit::root(&join(parent(&visit.path), path)) }];
    }
    let own = join(folder, name);
    vec![
        Visit { path: format!("{own}.rs"), folder: own.clone(), test },
        Visit { path: format!("{own}/mod.rs"), folder: own, test },
    ]
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Joins and resolves `.` and `..`.
fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::{lexer::lex, regions};
    use super::*;

    fn reached(files: &[(&str, &str)]) -> Vec<(String, bool)> {
        let lexed: Vec<_> = files
            .iter()
            .map(|(path, text)| {
                let mut tokens = lex(text);
                regions::mark(&mut tokens);
                (*path, tokens)
            })
            .collect();
        let by_path = lexed.iter().map(|(path, tokens)| (*path, tokens.as_slice())).collect();
        reach(&["a/src/lib.rs".to_owned()], &by_path).into_iter().collect()
    }

    #[test]
    fn files_are_reached_by_every_way_rust_knows() {
        let files = [
            (
                "a/src/lib.rs",
                "mod b; mod c; mod d { mod e; } #[path = \"odd/name.rs\"] mod f; include!(\"g.rs\");",
            ),
            ("a/src/b.rs", "mod inner;"),
            ("a/src/b/inner.rs", ""),
            ("a/src/c/mod.rs", "mod inner;"),
            ("a/src/c/inner.rs", ""),
            ("a/src/d/e.rs", ""),
            ("a/src/odd/name.rs", ""),
            ("a/src/g.rs", ""),
            ("a/src/dead.rs", ""),
            ("a/src/e.rs", ""),
        ];
        let found: Vec<String> = reached(&files).into_iter().map(|(path, _)| path).collect();
        let expected =
            ["b.rs", "b/inner.rs", "c/inner.rs", "c/mod.rs", "d/e.rs", "g.rs", "lib.rs", "odd/name.rs"];
        assert_eq!(found, expected.map(|name| format!("a/src/{name}")));
    }

    #[test]
    fn what_only_tests_declare_is_test_code() {
        let files = [
            ("a/src/lib.rs", "mod b; #[cfg(test)] mod support;"),
            ("a/src/b.rs", ""),
            ("a/src/support.rs", "mod deep;"),
            ("a/src/support/deep.rs", ""),
        ];
        let test: Vec<bool> = reached(&files).into_iter().map(|(_, test)| test).collect();
        assert_eq!(test, [false, false, true, true]);
    }
}
