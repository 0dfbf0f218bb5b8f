//! The sources as the rules see them: files with their tokens, and the packages they belong to.

use std::collections::{BTreeMap, BTreeSet};

use super::lexer::{Kind, Token, lex};
use super::modules::{Reached, reach};
use super::paths::{PathRef, paths};
use super::regions;

/// Crates that are there for tests alone.
pub(crate) const FOR_TESTS: [&str; 2] = ["tests", "testing"];

/// A breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Breach {
    pub(crate) path: String,
    /// From 1; 1 too where the whole file is meant.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Breach {
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Breach {
        Breach { path: path.to_owned(), line, message: message.into() }
    }
}

/// A text file of the repository; its path is relative to the top, with `/`.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    /// Of a `.rs` file, without comments.
    pub(crate) tokens: Vec<Token<'a>>,
    pub(crate) comments: Vec<Token<'a>>,
    /// Every path that the tokens name.
    pub(crate) paths: Vec<PathRef<'a>>,
    /// Compiled for tests only, by its place or by who declares it.
    pub(crate) test: bool,
    /// Reached by some Cargo target.
    pub(crate) reached: bool,
    /// Name of the package it belongs to.
    pub(crate) package: &'a str,
    /// Path inside that package.
    pub(crate) inside: &'a str,
}

impl<'a> Source<'a> {
    fn new(path: &'a str, text: &'a str, packages: &[Package<'a>]) -> Source<'a> {
        let (comments, mut tokens) = if path.ends_with(".rs") {
            lex(text).into_iter().partition(|token| token.kind == Kind::Comment)
        } else {
            (Vec::new(), Vec::new())
        };
        regions::mark(&mut tokens);
        let own = packages
            .iter()
            .filter_map(|package| Some((package, path.strip_prefix(package.folder)?.strip_prefix('/')?)))
            .max_by_key(|(package, _)| package.folder.len());
        let (package, inside) = own.map_or(("", path), |(package, inside)| (package.name, inside));
        let paths = paths(&tokens);
        Source {
            path,
            text,
            tokens,
            comments,
            paths,
            test: is_test_path(path),
            reached: false,
            package,
            inside,
        }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Code that ships: neither tests, nor what they stand on, nor this tool.
    pub(crate) fn is_product(&self) -> bool {
        self.is_rust()
            && !self.test
            && !FOR_TESTS.contains(&self.package)
            && !matches!(self.package, "fuzz" | "xtask")
    }

    /// Tokens that ship.
    pub(crate) fn product_tokens(&self) -> impl Iterator<Item = &Token<'a>> {
        let product = self.is_product();
        self.tokens.iter().filter(move |token| product && !token.test)
    }

    /// Its module's path from the crate's root, by its place in `src`.
    pub(crate) fn module(&self) -> Vec<&'a str> {
        let inside = self.inside.strip_prefix("src/").unwrap_or(self.inside);
        let stem = inside.strip_suffix(".rs").unwrap_or(inside);
        let mut names: Vec<&str> = stem.split('/').collect();
        names.pop_if(|last| matches!(*last, "mod" | "lib" | "main"));
        names
    }
}

/// Is it a test by its name or place?
pub(crate) fn is_test_path(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    name == "tests.rs"
        || name.ends_with("_tests.rs")
        || folder.split('/').any(|f| f == "tests" || f == "benches")
}

/// A `Cargo.toml` with a package.
pub(crate) struct Package<'a> {
    pub(crate) name: &'a str,
    pub(crate) manifest_path: &'a str,
    pub(crate) manifest_text: &'a str,
    pub(crate) manifest: toml::Table,
    /// Without a slash at the end.
    pub(crate) folder: &'a str,
}

impl<'a> Package<'a> {
    fn read(path: &'a str, text: &'a str) -> Option<Package<'a>> {
        let folder = path.strip_suffix("/Cargo.toml")?;
        let manifest: toml::Table = text.parse().ok()?;
        let quoted = format!("\"{}\"", manifest.get("package")?.get("name")?.as_str()?);
        let name = text.get(text.find(&quoted)? + 1..)?.split('"').next()?;
        Some(Package { name, manifest_path: path, manifest_text: text, manifest, folder })
    }

    /// The crates named in a section, by package name, `[target.….section]` included; with the line of each.
    pub(crate) fn dependencies(&self, section: &str) -> Vec<(String, usize)> {
        let named = self.entries(section).map(|(key, value)| {
            let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
            (package.to_owned(), self.line_of(section, key))
        });
        named.collect()
    }

    /// The same, by the name that sources use (before `-` becomes `_`).
    pub(crate) fn dependency_keys(&self, section: &str) -> Vec<(&str, usize)> {
        let mut keys: Vec<_> =
            self.entries(section).map(|(key, _)| (key, self.line_of(section, key))).collect();
        keys.sort_by_key(|(_, line)| *line);
        keys
    }

    fn entries(&self, section: &str) -> impl Iterator<Item = (&str, &toml::Value)> {
        let targets = self.manifest.get("target").and_then(toml::Value::as_table);
        let tables =
            targets.into_iter().flat_map(move |targets| targets.values().filter_map(move |t| t.get(section)));
        let tables = tables.chain(self.manifest.get(section)).filter_map(toml::Value::as_table);
        tables.flat_map(|table| table.iter().map(|(key, value)| (key.as_str(), value)))
    }

    /// The line of a key after its section's heading, or of the heading.
    fn line_of(&self, section: &str, key: &str) -> usize {
        let mut in_section = None;
        for (line, text) in (1..).zip(self.manifest_text.lines()) {
            let heading = text.trim().strip_prefix('[');
            if let Some(heading) = heading {
                let own = heading.trim_end_matches(']').ends_with(section);
                in_section = if own { Some(line) } else { in_section.filter(|_| false) };
            } else if in_section.is_some() && text.split(['=', '.', ' ']).next() == Some(key) {
                return line;
            }
        }
        1
    }

    /// Files from which Cargo compiles, as far as they exist.
    fn roots(&self, paths: &[&str]) -> Vec<String> {
        let declared =
            ["lib", "bin", "test", "bench", "example"].into_iter().filter_map(|k| self.manifest.get(k));
        let declared = declared
            .flat_map(|target| target.as_array().cloned().unwrap_or_else(|| vec![target.clone()]))
            .filter_map(|target| Some(format!("{}/{}", self.folder, target.get("path")?.as_str()?)));
        let found = paths.iter().filter(|path| {
            let inside = path.strip_prefix(self.folder).and_then(|inside| inside.strip_prefix('/'));
            inside.is_some_and(is_target_by_habit)
        });
        found.map(|path| (*path).to_owned()).chain(declared).collect()
    }
}

fn is_target_by_habit(inside: &str) -> bool {
    if matches!(inside, "src/lib.rs" | "src/main.rs" | "build.rs") {
        return true;
    }
    let folders = ["src/bin/", "tests/", "benches/", "examples/"];
    folders.iter().filter_map(|folder| inside.strip_prefix(folder)).any(|rest| match rest.split_once('/') {
        None => rest.ends_with(".rs"),
        Some((_, rest)) => rest == "main.rs",
    })
}

/// All of it.
pub(crate) struct Tree<'a> {
    pub(crate) sources: Vec<Source<'a>>,
    pub(crate) packages: Vec<Package<'a>>,
    /// Package and module that it declares somewhere.
    modules: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Tree<'a> {
    /// Reads the files, given as (path, text).
    pub(crate) fn new(files: &'a [(String, String)]) -> Tree<'a> {
        let packages: Vec<Package<'a>> =
            files.iter().filter_map(|(path, text)| Package::read(path, text)).collect();
        let mut sources: Vec<Source<'a>> =
            files.iter().map(|(path, text)| Source::new(path, text, &packages)).collect();
        let reached = reached(&packages, &sources);
        for source in &mut sources {
            if let Some(test_only) = reached.get(source.path) {
                source.reached = true;
                source.test |= test_only;
            }
        }
        let modules = sources.iter().flat_map(declared_modules).collect();
        Tree { sources, packages, modules }
    }

    /// Does a package declare such a module? Then the name in a path is no crate.
    pub(crate) fn declares(&self, package: &str, module: &str) -> bool {
        self.modules.contains(&(package, module))
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &Source<'a>> {
        self.sources.iter().filter(|source| source.is_rust())
    }

    pub(crate) fn of<'t>(&'t self, package: &str) -> impl Iterator<Item = &'t Source<'a>> {
        self.rust().filter(move |source| source.package == package)
    }
}

fn declared_modules<'a>(source: &Source<'a>) -> Vec<(&'a str, &'a str)> {
    let names = source.tokens.windows(2).filter_map(|pair| match pair {
        [word, name] if word.is_ident("mod") && name.kind == Kind::Ident => Some((source.package, name.text)),
        _ => None,
    });
    names.collect()
}

fn reached(packages: &[Package<'_>], sources: &[Source<'_>]) -> Reached {
    let by_path: BTreeMap<&str, &[Token<'_>]> =
        sources.iter().filter(|s| s.is_rust()).map(|s| (s.path, s.tokens.as_slice())).collect();
    let paths: Vec<&str> = by_path.keys().copied().collect();
    let roots: Vec<String> = packages.iter().flat_map(|package| package.roots(&paths)).collect();
    reach(&roots, &by_path)
}
