//! Metadata: a flat object of strings.

use std::collections::BTreeMap;

use crate::breach::Wrong;

/// Checks the text; gives the actor that it names.
pub(super) fn check_metadata(text: &str) -> Result<Option<String>, Wrong> {
    let mut fields: BTreeMap<String, String> = serde_json::from_str(text).map_err(|error| {
        let found = format_args!("{:?} at column {}", error.classify(), error.column()).to_string();
        Wrong::new("metadata is a flat object of strings", "an object of strings", found)
    })?;
    Ok(fields.remove("actor"))
}
