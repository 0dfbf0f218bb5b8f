//! Which files the rules read: what git tracks or would track, or, without git, everything but build output.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Folders that are never sources.
const SKIPPED: [&str; 3] = [".git", "target", "suanpan-data"];

/// Path (relative, with `/`) and text of every text file, sorted by path.
///
/// # Errors
/// When a folder or file cannot be read.
pub(crate) fn read(root: &Path) -> Result<Vec<(String, String)>> {
    let mut paths = match listed_by_git(root) {
        Some(paths) => paths,
        None => walk(root)?,
    };
    paths.sort();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        let file = root.join(&path);
        // Git still lists what was just deleted, and links to folders.
        if !file.is_file() {
            continue;
        }
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push((path, text));
        }
    }
    Ok(files)
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .stderr(Stdio::null());
    let output = git.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    // A copy of the sources inside another repository that ignores it lists nothing.
    paths.iter().any(|path| path == "Cargo.toml").then_some(paths)
}

fn walk(root: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(root.join(&folder)).with_context(|| format!("cannot list {folder}"))?;
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if entry.file_type()?.is_dir() {
                folders.extend((!SKIPPED.contains(&name.as_str())).then_some(path));
            } else {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{listed_by_git, walk};

    #[test]
    fn without_git_nothing_is_missed() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let walked: BTreeSet<String> = walk(&root).unwrap().into_iter().collect();
        assert!(walked.contains("crates/xtask/src/tidy/files.rs"));
        assert!(!walked.iter().any(|path| path.starts_with("target/") || path.starts_with(".git/")));
        if let Some(listed) = listed_by_git(&root) {
            let missed: Vec<_> =
                listed.iter().filter(|p| root.join(p).is_file() && !walked.contains(*p)).collect();
            assert!(missed.is_empty(), "{missed:?}");
        }
    }
}
