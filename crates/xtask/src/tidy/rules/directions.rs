//! Which crate of the house may depend on which, downwards only.

use super::super::tree::{Breach, Source, Tree};

/// Crate, and the crates of the house it may depend on. Dev-dependencies are free.
pub(crate) const ALLOWED: [(&str, &[&str]); 14] = [
    ("kernel", &[]),
    ("event-store", &["kernel"]),
    ("engine", &["kernel", "event-store"]),
    ("aggregates", &["kernel"]),
    ("integrations", &["kernel"]),
    ("commerce", &["kernel", "engine", "aggregates", "integrations"]),
    // Of the aggregates, these two know the events alone: `INNER_WORDS`.
    ("projections", &["kernel", "event-store", "aggregates"]),
    // Recomputes everything on its own, so it must not read what it checks.
    ("audit", &["kernel", "event-store", "aggregates"]),
    ("api", &["kernel", "commerce", "projections", "audit"]),
    (
        "suanpan",
        &[
            "kernel",
            "event-store",
            "engine",
            "integrations",
            "commerce",
            "aggregates",
            "projections",
            "audit",
            "api",
        ],
    ),
    ("testing", &["event-store"]),
    (
        "tests",
        &[
            "testing",
            "kernel",
            "event-store",
            "engine",
            "integrations",
            "commerce",
            "aggregates",
            "projections",
            "audit",
            "api",
            "suanpan",
        ],
    ),
    ("fuzz", &["api"]),
    ("xtask", &[]),
];

/// Crates that see an aggregate's events and nothing else of it.
const EVENTS_ONLY: [&str; 2] = ["projections", "audit"];

/// What is inside an aggregate besides its events: modules, and the ends of type names.
const INNER_MODULES: [&str; 4] = ["command", "decide", "state", "error"];
const INNER_ENDINGS: [&str; 2] = ["Command", "Error"];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let manifests = tree.packages.iter().flat_map(|package| {
        let Some(allowed) = allowed(package.name) else {
            return vec![Breach::new(
                package.manifest_path,
                1,
                format!("crate {} has no line in the table of directions", package.name),
            )];
        };
        let dependencies =
            ["dependencies", "build-dependencies"].into_iter().flat_map(|s| package.dependencies(s));
        let breaches = dependencies
            .filter(|(name, _)| self::allowed(name).is_some() && !allowed.contains(&name.as_str()));
        breaches
            .map(|(name, line)| {
                Breach::new(
                    package.manifest_path,
                    line,
                    format!("{} must not depend on {name}", package.name),
                )
            })
            .collect()
    });
    let imports = tree.rust().filter(|source| source.is_product()).flat_map(|source| imports(tree, source));
    manifests.chain(imports).collect()
}

fn allowed(package: &str) -> Option<&'static [&'static str]> {
    ALLOWED.iter().find(|(name, _)| *name == package).map(|(_, allowed)| *allowed)
}

/// Crates of the house that a source names. Rust would refuse most of them without the dependency; this finds
/// what comes in by another door, such as a re-export's `extern crate`, and names the line.
fn imports(tree: &Tree<'_>, source: &Source<'_>) -> Vec<Breach> {
    let Some(allowed) = allowed(source.package) else { return Vec::new() };
    let mut breaches = Vec::new();
    for path in source.paths.iter().filter(|path| !path.test) {
        let Some(head) = path.head().filter(|head| !tree.declares(source.package, head)) else { continue };
        let crate_name = head.replace('_', "-");
        let known = self::allowed(&crate_name).is_some() && crate_name != source.package;
        if known && !allowed.contains(&crate_name.as_str()) {
            let message = format!("{} must not import {head}", source.package);
            breaches.push(Breach::new(source.path, path.line, message));
        }
        if head == "aggregates" && EVENTS_ONLY.contains(&source.package) {
            let inner = path.segments.iter().skip(1).find(|name| is_inner(name));
            breaches.extend(inner.map(|name| {
                let message = format!("{} sees an aggregate's events only, not its {name}", source.package);
                Breach::new(source.path, path.line, message)
            }));
        }
    }
    breaches
}

fn is_inner(name: &str) -> bool {
    // `DecodeError` is how an event that does not fit is told.
    INNER_MODULES.contains(&name)
        || (name != "DecodeError" && INNER_ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean, manifest};
    use super::check;

    #[test]
    fn a_dependency_upwards_is_a_breach() {
        let toml = manifest("aggregates", &["kernel", "serde", "projections"]);
        assert_breaches(
            check,
            &[("aggregates/Cargo.toml", &toml)],
            &["aggregates/Cargo.toml:6: aggregates must not depend on projections"],
        );
        let toml = manifest("audit", &["engine"]);
        assert_breaches(
            check,
            &[("crates/audit/Cargo.toml", &toml)],
            &["crates/audit/Cargo.toml:4: audit must not depend on engine"],
        );
        let toml = manifest("api", &["event-store"]);
        assert_breaches(
            check,
            &[("api/Cargo.toml", &toml)],
            &["api/Cargo.toml:4: api must not depend on event-store"],
        );
    }

    #[test]
    fn a_crate_that_nobody_placed_is_a_breach() {
        let toml = manifest("helpers", &[]);
        assert_breaches(
            check,
            &[("crates/helpers/Cargo.toml", &toml)],
            &["crates/helpers/Cargo.toml:1: crate helpers has no line in the table of directions"],
        );
    }

    #[test]
    fn a_path_to_a_crate_above_is_a_breach() {
        let toml = manifest("audit", &["kernel"]);
        let files = [
            ("crates/audit/Cargo.toml", toml.as_str()),
            (
                "crates/audit/src/lib.rs",
                "//! x\nuse projections::ledger;\nfn f() { engine::run() }\nuse event_store;",
            ),
        ];
        let expected = [
            "crates/audit/src/lib.rs:2: audit must not import projections",
            "crates/audit/src/lib.rs:3: audit must not import engine",
        ];
        assert_breaches(check, &files, &expected);
    }

    #[test]
    fn projections_see_events_only() {
        let toml = manifest("projections", &["aggregates"]);
        let files = [
            ("projections/Cargo.toml", toml.as_str()),
            (
                "projections/src/lib.rs",
                "use aggregates::cart::{CartEvent, CartCommand};\nuse aggregates::cart::state::Cart;\nuse kernel::DecodeError;",
            ),
        ];
        let expected = [
            "projections/src/lib.rs:1: projections sees an aggregate's events only, not its CartCommand",
            "projections/src/lib.rs:2: projections sees an aggregate's events only, not its state",
        ];
        assert_breaches(check, &files, &expected);
    }

    #[test]
    fn comments_strings_tests_and_modules_of_that_name_are_none() {
        let toml = manifest("commerce", &["kernel", "engine"]);
        let files = [
            ("crates/commerce/Cargo.toml", toml.as_str()),
            (
                "crates/commerce/src/lib.rs",
                "// use api::x;\n/// [`api::y`]\nmod api;\nuse api::z;\nconst A: &str = \"use audit::x;\";\n#[cfg(test)] mod t { use projections::x; }",
            ),
            ("crates/commerce/tests/all.rs", "use suanpan::x;"),
        ];
        assert_clean(check, &files);
    }
}
