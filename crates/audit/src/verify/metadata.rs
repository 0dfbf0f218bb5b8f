//! Metadata: a flat object of strings.

use std::collections::BTreeMap;

use crate::breach::Wrong;

/// What a commit's metadata tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Who acted; `None` is the house.
    pub(super) actor: Option<String>,
    /// The digest of the answer that was kept with the commit. Commits of before there were such digests have none.
    pub(super) answer: Option<String>,
}

/// Checks the text; gives what it tells.
pub(super) fn check_metadata(text: &str) -> Result<Told, Wrong> {
    let mut fields: BTreeMap<String, String> = serde_json::from_str(text).map_err(|error| {
        let found = format_args!("{:?} at column {}", error.classify(), error.column()).to_string();
        Wrong::new("metadata is a flat object of strings", "an object of strings", found)
    })?;
    Ok(Told { actor: fields.remove("actor"), answer: fields.remove("answer") })
}
