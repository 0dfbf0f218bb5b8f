//! Dependencies that no source names, and those of the workspace that no package takes.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use crate::tidy::{Package, Tree};

/// Where a package names what it depends on.
const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// Crate, dependency, and why it stays although no source names it.
const KEPT: &[(&str, &str, &str)] = &[];

pub(super) fn check(tree: &Tree<'_>) -> Vec<String> {
    tree.packages.iter().flat_map(|package| of_package(tree, package)).collect()
}

/// Those that the root manifest offers in vain.
pub(super) fn check_offered(root_manifest: &str, tree: &Tree<'_>) -> Result<Vec<String>> {
    let manifest: toml::Table = toml::from_str(root_manifest).context("Cargo.toml")?;
    let offered = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let offered =
        offered.and_then(toml::Value::as_table).context("Cargo.toml: no [workspace.dependencies]")?;
    let taken: BTreeSet<_> = tree
        .packages
        .iter()
        .flat_map(|package| SECTIONS.into_iter().flat_map(|section| package.dependency_keys(section)))
        .map(|(key, _)| key)
        .collect();
    let idle = offered.keys().filter(|key| !taken.contains(key.as_str()));
    Ok(idle.map(|key| format!("Cargo.toml: no package takes {key} of [workspace.dependencies]")).collect())
}

fn of_package(tree: &Tree<'_>, package: &Package<'_>) -> Vec<String> {
    let mut everywhere = BTreeSet::new();
    let mut in_product = BTreeSet::new();
    for source in tree.of(package.name) {
        everywhere.extend(source.tokens.iter().map(|token| token.text));
        // The end-to-end crate and the fuzz targets are tests through and through.
        let tests = source.test && !matches!(package.name, "tests" | "fuzz");
        in_product.extend(source.tokens.iter().filter(|token| !tests && !token.test).map(|token| token.text));
    }
    let mut breaches = Vec::new();
    let sections = [
        ("dependencies", &in_product),
        ("dev-dependencies", &everywhere),
        ("build-dependencies", &everywhere),
    ];
    for (section, words) in sections {
        for (key, line) in package.dependency_keys(section) {
            let kept = KEPT.iter().any(|(own, name, _)| *own == package.name && *name == key);
            if !words.contains(key.replace('-', "_").as_str()) && !kept {
                breaches.push(format!("{}:{line}: nothing uses {key} of [{section}]", package.manifest_path));
            }
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_workspace_offers_in_vain_is_a_breach() {
        let root = "[workspace]\nmembers = [\"a\"]\n[workspace.dependencies]\nserde = \"1\"\nidle = \"1\"\nproptest = \"1\"\n";
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nserde.workspace = true\n[dev-dependencies]\nproptest.workspace = true\n";
        let files = [("a/Cargo.toml".to_owned(), manifest.to_owned())];
        let breaches = check_offered(root, &Tree::new(&files)).unwrap();
        assert_eq!(breaches, ["Cargo.toml: no package takes idle of [workspace.dependencies]"]);
    }

    #[test]
    fn a_dependency_that_no_source_names_is_a_breach() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nserde-json = \"1\"\nidle.workspace = true\nonly_tests = \"1\"\n\
                        renamed = { package = \"other\", version = \"1\" }\n[dev-dependencies]\nproptest = \"1\"\nidler = \"1\"\n";
        let lib = "//! idle\nuse serde_json::Value;\nrenamed::f!();\n// idle\nconst A: &str = \"x\";\n\
                   #[cfg(test)] mod t { use proptest::x; use only_tests::y; }";
        let files =
            [("a/Cargo.toml", manifest), ("a/src/lib.rs", lib)].map(|(p, t)| (p.to_owned(), t.to_owned()));
        let expected = [
            "a/Cargo.toml:5: nothing uses idle of [dependencies]",
            "a/Cargo.toml:6: nothing uses only_tests of [dependencies]",
            "a/Cargo.toml:10: nothing uses idler of [dev-dependencies]",
        ];
        assert_eq!(check(&Tree::new(&files)), expected);
    }
}
