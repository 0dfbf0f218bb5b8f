//! The rules, a file each: pure functions over paths and texts, each with a test that feeds it a breach.

mod api_words;
mod dead_files;
mod directions;
mod first_line;
mod floats;
mod foreign;
mod furniture;
mod length;
mod machine_paths;
mod rooms;
mod sql;
mod top_level;
mod total_codes;
mod unfinished;

use super::tree::{Breach, Tree};

/// A rule of the house.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&Tree<'_>) -> Vec<Breach>,
}

/// All of them, in the order in which they are told.
pub(crate) const RULES: [Rule; 14] = [
    Rule { name: "directions", check: directions::check },
    Rule { name: "foreign", check: foreign::check },
    Rule { name: "rooms", check: rooms::check },
    Rule { name: "furniture", check: furniture::check },
    Rule { name: "top-level", check: top_level::check },
    Rule { name: "first-line", check: first_line::check },
    Rule { name: "length", check: length::check },
    Rule { name: "unfinished", check: unfinished::check },
    Rule { name: "dead-files", check: dead_files::check },
    Rule { name: "api-words", check: api_words::check },
    Rule { name: "floats", check: floats::check },
    Rule { name: "sql", check: sql::check },
    Rule { name: "total-codes", check: total_codes::check },
    Rule { name: "machine-paths", check: machine_paths::check },
];
