//! No file names a folder of somebody's machine.

use super::super::tree::{Breach, Tree};

/// In two parts, so that this file passes its own rule.
const FOLDERS: [&str; 4] =
    [concat!("/", "home/"), concat!("/", "root/"), concat!("/", "work/"), concat!("/", "Users/")];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in &tree.sources {
        for (line, text) in (1..).zip(source.text.lines()) {
            let named = FOLDERS.iter().filter(|folder| names(text, folder));
            breaches.extend(
                named.map(|folder| {
                    Breach::new(source.path, line, format!("{folder} is a path of one machine"))
                }),
            );
        }
    }
    breaches
}

/// Is it there as the beginning of an absolute path?
fn names(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        // Behind a name it goes on from somewhere; behind a quote, a blank or `file://` it does not.
        before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '}' | ')' | '*')))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean};
    use super::{FOLDERS, check};

    #[test]
    fn a_path_of_a_machine_is_a_breach_wherever_it_stands() {
        for folder in FOLDERS {
            let text = format!("# a\nsee `{folder}me/x`");
            let message = format!("docs/a.md:2: {folder} is a path of one machine");
            assert_breaches(check, &[("docs/a.md", &text)], &[&message]);
            let text = format!("//! x\nconst A: &str = \"file://{folder}me\";");
            let message = format!("a/src/x.rs:2: {folder} is a path of one machine");
            assert_breaches(check, &[("a/src/x.rs", &text)], &[&message]);
        }
    }

    #[test]
    fn relative_paths_and_addresses_are_free() {
        let text = FOLDERS
            .map(|folder| format!("a{folder}x https://example.com{folder}x ${{DIR}}{folder}x"))
            .join("\n");
        assert_clean(check, &[("docs/a.md", &text)]);
    }
}
