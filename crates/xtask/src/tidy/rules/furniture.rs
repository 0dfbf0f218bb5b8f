//! Which files a room holds: every aggregate folder the same seven, every API folder at least three.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tree::{Breach, Tree};

const AGGREGATE: [&str; 7] =
    ["mod.rs", "command.rs", "event.rs", "error.rs", "state.rs", "decide.rs", "tests.rs"];
const API: [&str; 3] = ["mod.rs", "envelope.rs", "codes.rs"];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (folder, files) in folders(tree, "aggregates/src/") {
        missing(&mut breaches, "aggregates/src", folder, &files, &AGGREGATE);
        for file in files.iter().filter(|file| !AGGREGATE.contains(file)) {
            let path = format!("aggregates/src/{folder}/{file}");
            let message = format!("an aggregate folder holds {} and nothing else", AGGREGATE.join(" "));
            breaches.push(Breach::new(&path, 1, message));
        }
    }
    for (folder, files) in folders(tree, "api/src/").into_iter().filter(|(folder, _)| *folder != "http") {
        missing(&mut breaches, "api/src", folder, &files, &API);
    }
    breaches
}

fn missing(breaches: &mut Vec<Breach>, base: &str, folder: &str, files: &BTreeSet<&str>, wanted: &[&str]) {
    for file in wanted.iter().filter(|file| !files.contains(*file)) {
        breaches.push(Breach::new(&format!("{base}/{folder}/{file}"), 1, "is missing"));
    }
}

/// Folder and the files in it, sub-folders' files with their path.
fn folders<'a>(tree: &Tree<'a>, base: &str) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in &tree.sources {
        if let Some((folder, file)) = source.path.strip_prefix(base).and_then(|rest| rest.split_once('/')) {
            folders.entry(folder).or_default().insert(file);
        }
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::{AGGREGATE, check};

    #[test]
    fn a_missing_and_an_extra_file_are_breaches() {
        let paths: Vec<String> = AGGREGATE.iter().map(|name| format!("aggregates/src/cart/{name}")).collect();
        let mut files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "")).collect();
        files.push(("aggregates/src/text.rs", ""));
        assert_clean(check, &files);
        files.retain(|(path, _)| !path.ends_with("error.rs"));
        files.push(("aggregates/src/cart/util.rs", ""));
        let expected = [
            "aggregates/src/cart/error.rs:1: is missing",
            "aggregates/src/cart/util.rs:1: an aggregate folder holds mod.rs command.rs event.rs error.rs state.rs decide.rs tests.rs and nothing else",
        ];
        assert_breaches(check, &files, &expected);
    }

    #[test]
    fn an_api_without_its_codes_is_a_breach() {
        let files = [
            ("api/src/wallet/mod.rs", ""),
            ("api/src/wallet/envelope.rs", ""),
            ("api/src/wallet/user.rs", ""),
            ("api/src/http/session.rs", ""),
        ];
        assert_breaches(check, &files, &["api/src/wallet/codes.rs:1: is missing"]);
    }
}
