//! Which crates from outside, and which parts of std, a crate of the house must not know.

use super::super::tree::{Breach, FOR_TESTS, Package, Source, Tree};

/// Where something may be used at all; dev-dependencies and the end-to-end crate are free.
const ONLY_IN: [(&[&str], &[&str], &str); 4] = [
    (
        &["sqlx", "sqlx-core", "rusqlite", "libsqlite3-sys", "tokio-postgres", "postgres", "postgres-es"],
        &["event-store", "projections"],
        "SQL lives in event-store and projections",
    ),
    (
        &["reqwest", "ureq", "curl", "isahc", "object_store"],
        &["integrations"],
        "HTTP clients live in integrations",
    ),
    (
        &["hyper", "hyper-util"],
        &["suanpan"],
        "suanpan lets connections in; everybody else speaks HTTP through axum or reqwest",
    ),
    (
        &["indicatif", "comfy-table", "clap", "figment", "anyhow"],
        &["suanpan", "xtask"],
        "only binaries talk to a terminal",
    ),
];

/// A crate, what it must not depend on, and why.
const FORBIDDEN: [(&str, &[&str], &str); 4] = [
    (
        "kernel",
        &["tokio", "axum", "tower", "tower-http", "rand", "ring", "uuid", "getrandom", "futures"],
        "kernel does no I/O and draws nothing",
    ),
    (
        "aggregates",
        &[
            "tokio",
            "tokio-util",
            "futures",
            "axum",
            "tower",
            "tower-http",
            "rand",
            "rand_core",
            "getrandom",
            "fastrand",
            "ring",
            "uuid",
            "chrono",
            "time",
            "tracing",
            "metrics",
        ],
        "decisions are pure: no I/O, no clock, no random source",
    ),
    ("audit", &["axum", "tower", "tower-http"], "audit recomputes; api serves it"),
    ("commerce", &["axum", "axum-extra", "tower", "tower-http", "utoipa"], "use cases know no HTTP"),
];

/// Parts of std and kernel that a crate must not name, and why.
const FORBIDDEN_PATHS: [(&str, &[&str], &str); 2] = [
    ("kernel", &["std::fs", "std::net", "std::thread", "std::process", "std::env"], "kernel does no I/O"),
    (
        "aggregates",
        &[
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "std::env",
            "std::time::SystemTime",
            "std::time::Instant",
            "kernel::Clock",
        ],
        "decisions are pure: no I/O, no clock, no random source",
    ),
];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    let manifests = tree.packages.iter().flat_map(in_manifest);
    manifests.chain(tree.rust().flat_map(|source| in_source(tree, source))).collect()
}

/// Why a crate must not use that package from outside, if so.
fn reason(package: &str, foreign: &str) -> Option<&'static str> {
    if FOR_TESTS.contains(&package) {
        return None;
    }
    let misplaced =
        ONLY_IN.iter().find(|(names, homes, _)| names.contains(&foreign) && !homes.contains(&package));
    let forbidden = FORBIDDEN.iter().find(|(own, names, _)| *own == package && names.contains(&foreign));
    misplaced.map(|(_, _, why)| *why).or(forbidden.map(|(_, _, why)| *why))
}

fn in_manifest(package: &Package<'_>) -> Vec<Breach> {
    let dependencies =
        ["dependencies", "build-dependencies"].into_iter().flat_map(|s| package.dependencies(s));
    let breaches = dependencies.filter_map(|(name, line)| {
        let why = reason(package.name, &name)?;
        Some(Breach::new(
            package.manifest_path,
            line,
            format!("{} must not depend on {name}: {why}", package.name),
        ))
    });
    breaches.collect()
}

fn in_source(tree: &Tree<'_>, source: &Source<'_>) -> Vec<Breach> {
    if source.test {
        return Vec::new();
    }
    let paths = source.paths.iter().filter(|path| !path.test);
    let breaches = paths.filter_map(|path| {
        let head = path.head()?;
        let foreign = [head.replace('_', "-"), head.to_owned()];
        let package = foreign
            .iter()
            .find_map(|name| reason(source.package, name))
            .filter(|_| !tree.declares(source.package, head));
        let written = path.segments.join("::");
        let part = FORBIDDEN_PATHS.iter().filter(|(own, _, _)| *own == source.package);
        let part = part.flat_map(|(_, parts, why)| parts.iter().map(move |part| (*part, *why)));
        let part = part.filter(|(part, _)| written == *part || written.starts_with(&format!("{part}::")));
        let why = package.or(part.map(|(_, why)| why).next())?;
        Some(Breach::new(source.path, path.line, format!("{} must not use {written}: {why}", source.package)))
    });
    breaches.collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean, manifest};
    use super::check;

    #[test]
    fn what_a_crate_must_not_know_is_a_breach() {
        let toml = manifest("aggregates", &["serde", "uuid"]);
        let why = "decisions are pure: no I/O, no clock, no random source";
        let files = [
            ("aggregates/Cargo.toml", toml.as_str()),
            (
                "aggregates/src/lib.rs",
                "//! x\nuse std::time::{Duration, SystemTime};\nfn f() { tokio::spawn(g()); std::env::var(\"A\") }",
            ),
        ];
        let expected = [
            format!("aggregates/Cargo.toml:5: aggregates must not depend on uuid: {why}"),
            format!("aggregates/src/lib.rs:2: aggregates must not use std::time::SystemTime: {why}"),
            format!("aggregates/src/lib.rs:3: aggregates must not use std::env::var: {why}"),
            format!("aggregates/src/lib.rs:3: aggregates must not use tokio::spawn: {why}"),
        ];
        assert_breaches(check, &files, &expected.each_ref().map(String::as_str));
    }

    #[test]
    fn sql_and_http_clients_have_their_places() {
        let toml = manifest("commerce", &["reqwest", "sqlx"]);
        let expected = [
            "crates/commerce/Cargo.toml:4: commerce must not depend on reqwest: HTTP clients live in integrations",
            "crates/commerce/Cargo.toml:5: commerce must not depend on sqlx: SQL lives in event-store and projections",
        ];
        assert_breaches(check, &[("crates/commerce/Cargo.toml", &toml)], &expected);
        let toml = manifest("projections", &["sqlx"]);
        assert_clean(
            check,
            &[("projections/Cargo.toml", &toml), ("projections/src/lib.rs", "use sqlx::Row;")],
        );
        let toml = manifest("tests", &["sqlx", "reqwest"]);
        assert_clean(check, &[("tests/Cargo.toml", &toml), ("tests/src/lib.rs", "use reqwest::Client;")]);
    }

    #[test]
    fn tests_and_comments_are_free() {
        let toml = "[package]\nname = \"engine\"\n[dev-dependencies]\nsqlx = \"1\"\n";
        let files = [
            ("crates/engine/Cargo.toml", toml),
            ("crates/engine/src/lib.rs", "//! sqlx::Row\n#[cfg(test)] mod t { use sqlx::Row; }"),
            ("crates/engine/src/sqlx_tests.rs", "use sqlx::Row;"),
        ];
        assert_clean(check, &files);
    }
}
