//! What must hold of any log, whatever it is about: places, chain, streams, commits, time, metadata.

use std::collections::{HashMap, HashSet};

use event_store::{GENESIS, event_hash};
use serde_json::Value;

use super::history::{History, Verdict};

/// Positions count from 1 without gaps.
pub(crate) fn positions_are_dense(history: &History) -> Verdict {
    for (number, entry) in (1..).zip(&history.0) {
        if entry.recorded.position.number() != number {
            return Err(format!("{} stands where {number} is due", entry.place()));
        }
    }
    Ok(())
}

/// Each hash covers the stored bytes and the hash before it.
pub(crate) fn the_chain_verifies(history: &History) -> Verdict {
    let mut previous = GENESIS;
    for entry in &history.0 {
        if event_hash(&previous, &entry.recorded) != entry.recorded.hash {
            return Err(format!("{} has another hash than its bytes", entry.place()));
        }
        previous = entry.recorded.hash;
    }
    Ok(())
}

/// The events of each stream count from 1 without gaps.
pub(crate) fn sequences_are_dense(history: &History) -> Verdict {
    let mut last: HashMap<_, u64> = HashMap::new();
    for entry in &history.0 {
        let last = last.entry(&entry.recorded.stream).or_default();
        *last += 1;
        if entry.recorded.sequence != *last {
            return Err(format!("{} is the stream's {last}. event", entry.place()));
        }
    }
    Ok(())
}

/// The events of a commit stand together, at one time, by one request.
pub(crate) fn commits_are_whole(history: &History) -> Verdict {
    let mut seen = HashSet::new();
    for commit in history.commits() {
        let Some(first) = commit.first() else { continue };
        if !seen.insert(first.recorded.commit_id) {
            return Err(format!("{} belongs to a commit that had ended", first.place()));
        }
        for entry in commit {
            let (one, other) = (&entry.recorded, &first.recorded);
            if one.recorded_at != other.recorded_at || one.metadata != other.metadata {
                return Err(format!("{} has another time or cause than its commit", entry.place()));
            }
        }
    }
    Ok(())
}

/// No event is older than the one before it.
pub(crate) fn time_never_goes_back(history: &History) -> Verdict {
    match history.0.windows(2).find(|pair| pair[1].recorded.recorded_at < pair[0].recorded.recorded_at) {
        Some(pair) => Err(format!("{} is older than the event before it", pair[1].place())),
        None => Ok(()),
    }
}

/// Metadata is a flat object of texts and says which request it was.
pub(crate) fn metadata_is_flat(history: &History) -> Verdict {
    for entry in &history.0 {
        let metadata = serde_json::from_str::<HashMap<String, Value>>(&entry.recorded.metadata);
        let flat = metadata
            .as_ref()
            .is_ok_and(|fields| fields.values().all(Value::is_string) && fields.contains_key("correlation"));
        if !flat {
            return Err(format!("{} has the metadata {}", entry.place(), entry.recorded.metadata));
        }
    }
    Ok(())
}
