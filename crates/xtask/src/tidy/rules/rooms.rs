//! Rooms that must not see each other: an aggregate knows no other aggregate, an API no other API.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tree::{Breach, Source, Tree};

/// A crate whose folders are rooms, and the folders that all rooms share.
struct House {
    package: &'static str,
    shared: &'static [&'static str],
}

const HOUSES: [House; 2] =
    [House { package: "aggregates", shared: &[] }, House { package: "api", shared: &["http"] }];

/// The rule.
pub(crate) fn check(tree: &Tree<'_>) -> Vec<Breach> {
    HOUSES.iter().flat_map(|house| in_house(tree, house)).collect()
}

fn in_house(tree: &Tree<'_>, house: &House) -> Vec<Breach> {
    let folders: BTreeSet<&str> = tree.of(house.package).filter_map(folder).collect();
    // Files at the top that themselves name a room stand above the rooms: to import them is to import all.
    let above: BTreeSet<&str> = tree
        .of(house.package)
        .filter(|source| folder(source).is_none())
        .filter(|source| {
            roots(source).any(|(root, _)| folders.contains(root) && !house.shared.contains(&root))
        })
        .filter_map(|source| source.module().first().copied())
        .collect();
    let files: BTreeSet<&str> = tree
        .of(house.package)
        .filter(|s| folder(s).is_none())
        .filter_map(|s| s.module().first().copied())
        .collect();
    let exported = exported(tree, house.package);
    let mut breaches = Vec::new();
    for source in tree.of(house.package) {
        let Some(own) = folder(source) else { continue };
        for (named, line) in roots(source) {
            // What the crate's root only passes on counts as where it comes from.
            let root = exported.get(named).copied().unwrap_or(named);
            let message = if root == own || house.shared.contains(&root) {
                continue;
            } else if folders.contains(root) {
                format!("{}/{own} must not know {}/{root}", house.package, house.package)
            } else if above.contains(root) {
                format!("{root}.rs names the folders of {}, so none of them may import it", house.package)
            } else if files.contains(root) {
                continue;
            } else {
                format!("cannot tell where crate::{root} comes from: name its module")
            };
            breaches.push(Breach::new(source.path, line, message));
        }
    }
    breaches
}

/// Names that the crate's root passes on, with the module that each comes from.
fn exported<'a>(tree: &Tree<'a>, package: &str) -> BTreeMap<&'a str, &'a str> {
    let root = tree.of(package).find(|source| source.inside == "src/lib.rs");
    let paths = root.into_iter().flat_map(|root| &root.paths).filter(|path| path.imported);
    let pairs = paths.filter_map(|path| {
        let inside = path.absolute(&[]).unwrap_or_else(|| path.segments.clone());
        Some((inside.last().copied()?, inside.first().copied()?)).filter(|_| inside.len() > 1)
    });
    pairs.collect()
}

/// The folder of `src` in which a source lies.
fn folder<'a>(source: &Source<'a>) -> Option<&'a str> {
    source.inside.strip_prefix("src/")?.split_once('/').map(|(folder, _)| folder)
}

/// The first names behind the crate's root that a source refers to.
fn roots<'s, 'a>(source: &'s Source<'a>) -> impl Iterator<Item = (&'a str, usize)> + use<'s, 'a> {
    let module = source.module();
    source.paths.iter().filter_map(move |path| {
        let name = path.absolute(&module)?.first().copied()?;
        Some((name, path.line))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{assert_breaches, assert_clean, manifest};
    use super::check;

    fn aggregates(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = files.iter().map(|(p, t)| (format!("aggregates/src/{p}"), (*t).to_owned()));
        own.chain([("aggregates/Cargo.toml".to_owned(), manifest("aggregates", &[]))]).collect()
    }

    fn refs(files: &[(String, String)]) -> Vec<(&str, &str)> {
        files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect()
    }

    #[test]
    fn an_aggregate_that_imports_another_is_a_breach() {
        let files = aggregates(&[
            (
                "cart/decide.rs",
                "use crate::{cart::Cart, order::Order};\nuse super::super::order;\nfn f() { crate::order::g() }",
            ),
            ("order/mod.rs", "mod tests { use super::super::cart::Cart; }"),
        ]);
        let expected = [
            "aggregates/src/cart/decide.rs:1: aggregates/cart must not know aggregates/order",
            "aggregates/src/cart/decide.rs:2: aggregates/cart must not know aggregates/order",
            "aggregates/src/cart/decide.rs:3: aggregates/cart must not know aggregates/order",
            "aggregates/src/order/mod.rs:1: aggregates/order must not know aggregates/cart",
        ];
        // `super::super` in an inline module of mod.rs is the crate's root.
        assert_breaches(check, &refs(&files), &expected);
    }

    #[test]
    fn neither_through_the_root_nor_through_what_stands_above() {
        let files = aggregates(&[
            (
                "lib.rs",
                "mod any; mod text; pub mod cart; pub mod order; pub use order::Order; pub use self::text::{A, B};",
            ),
            ("any.rs", "use crate::order::OrderEvent;"),
            (
                "cart/decide.rs",
                "use crate::Order;\nuse crate::any::Any;\nuse crate::{A, B};\nuse crate::Unknown;",
            ),
            ("text.rs", "pub const A: u8 = 1;"),
            ("order/mod.rs", ""),
        ]);
        let expected = [
            "aggregates/src/cart/decide.rs:1: aggregates/cart must not know aggregates/order",
            "aggregates/src/cart/decide.rs:2: any.rs names the folders of aggregates, so none of them may import it",
            "aggregates/src/cart/decide.rs:4: cannot tell where crate::Unknown comes from: name its module",
        ];
        assert_breaches(check, &refs(&files), &expected);
    }

    #[test]
    fn shared_files_and_ones_own_are_free() {
        let files = aggregates(&[
            ("text.rs", "pub fn check() {}"),
            (
                "cart/decide.rs",
                "use crate::text::check;\nuse super::state::Cart;\n// crate::order::x\nuse kernel::Money;",
            ),
            ("order/mod.rs", ""),
        ]);
        assert_clean(check, &refs(&files));
    }

    #[test]
    fn an_api_knows_http_but_http_knows_no_api() {
        let toml = manifest("api", &[]);
        let files = [
            ("api/Cargo.toml", toml.as_str()),
            ("api/src/wallet/user.rs", "use crate::http::Session;\nuse crate::campus::Envelope;"),
            ("api/src/campus/mod.rs", ""),
            ("api/src/http/mod.rs", "use crate::wallet::codes;"),
        ];
        let expected = [
            "api/src/http/mod.rs:1: api/http must not know api/wallet",
            "api/src/wallet/user.rs:2: api/wallet must not know api/campus",
        ];
        assert_breaches(check, &files, &expected);
    }
}
