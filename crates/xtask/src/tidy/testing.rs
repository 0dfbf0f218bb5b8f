//! What the rules' tests share: feed files, compare breaches.

use super::tree::{Breach, Tree};

type Check = fn(&Tree<'_>) -> Vec<Breach>;

/// The breaches of these files, sorted, each `path:line: message`.
pub(super) fn breaches(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    let files: Vec<(String, String)> =
        files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect();
    let mut found = check(&Tree::new(&files));
    found.sort();
    found.into_iter().map(|b| format!("{}:{}: {}", b.path, b.line, b.message)).collect()
}

#[track_caller]
pub(super) fn assert_breaches(check: Check, files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(breaches(check, files), expected);
}

#[track_caller]
pub(super) fn assert_clean(check: Check, files: &[(&str, &str)]) {
    assert_breaches(check, files, &[]);
}

/// A manifest with these dependencies; the first stands in line 4.
pub(super) fn manifest(name: &str, dependencies: &[&str]) -> String {
    let lines: String = dependencies.iter().map(|name| format!("{name}.workspace = true\n")).collect();
    format!("[package]\nname = \"{name}\"\n[dependencies]\n{lines}")
}
