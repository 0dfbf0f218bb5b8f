//! Answers that commits tell of and that were not met: kept while the log was being read, or gone.

use std::collections::HashMap;
use std::sync::Arc;

use event_store::{AnswerCursor, Position, ReadOnlyLog};
use uuid::Uuid;

use super::VerifyError;
use super::answers::PAGE;
use super::metadata::check_metadata;
use crate::breach::{Place, Wrong};
use crate::chain::place_of;
use crate::pages::Pages;

/// Commits that tell of an answer, by their ids.
type Sought = HashMap<Uuid, (Place, String)>;

/// Looks for the answer of every commit after `from` up to `end` that tells of one, so many commits at a time.
///
/// # Errors
/// The first commit of whose answer there is none, or another; or the store cannot be read.
pub(super) async fn check(
    log: &Arc<ReadOnlyLog>,
    from: Position,
    end: Position,
    sought_max: usize,
) -> Result<(), VerifyError> {
    let mut pages = Pages::new(log, from, end);
    let mut sought = Sought::new();
    let mut last = None;
    while let Some(page) = pages.next().await? {
        for event in &page {
            if last.replace(event.commit_id) == Some(event.commit_id) {
                continue;
            }
            let place = place_of(event);
            let told = check_metadata(&event.metadata).map_err(|wrong| wrong.at(&place))?;
            if let Some(digest) = told.answer {
                sought.insert(event.commit_id, (place, digest));
            }
        }
        if sought.len() >= sought_max {
            settle(log, &mut sought).await?;
        }
    }
    settle(log, &mut sought).await
}

/// Goes through all answers; whatever is left of `sought` has none.
async fn settle(log: &ReadOnlyLog, sought: &mut Sought) -> Result<(), VerifyError> {
    let mut read_to = AnswerCursor::default();
    while !sought.is_empty() {
        let (page, reached) = log.read_answers(&read_to, PAGE).await?;
        if page.is_empty() {
            break;
        }
        read_to = reached;
        for answer in &page {
            let digest = answer.digest().to_string();
            if sought.get(&answer.commit_id).is_some_and(|(_, told)| *told == digest) {
                sought.remove(&answer.commit_id);
            }
        }
    }
    let first = sought.values().min_by_key(|(place, _)| place.position);
    first.map_or(Ok(()), |(place, digest)| {
        let rule = "an answer that a commit tells of is kept";
        let expected = format_args!("the answer with the digest {digest}").to_string();
        Err(Wrong::new(rule, expected, "none").at(place).into())
    })
}
