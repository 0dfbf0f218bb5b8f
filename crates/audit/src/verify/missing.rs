//! Answers that commits tell of and that were not met: kept while the log was being read, or gone.

use std::collections::HashMap;
use std::sync::Arc;

use event_store::{AnswerCursor, Position, ReadOnlyLog};
use uuid::Uuid;

use super::VerifyError;
use super::answers::{Commits, Met, PAGE};
use super::metadata::{Told, check_metadata};
use crate::breach::Wrong;
use crate::pages::Pages;

/// Commits that tell of an answer, by their ids: where they stand, and its digest.
type Sought = HashMap<Uuid, (u64, Box<str>)>;

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
    let mut pages = Pages::new(log, from, end, Commits::default);
    let mut sought = Sought::new();
    let mut last = None;
    while let Some(page) = pages.next().await? {
        for Met { position, id, metadata, .. } in page.0 {
            if last.replace(id) == Some(id) {
                continue;
            }
            match check_metadata(&metadata) {
                Ok(Told { answer: Some(digest), .. }) => {
                    sought.insert(id, (position, digest));
                }
                Ok(Told { answer: None, .. }) => {}
                Err(wrong) => return Err(wrong.at_position(position).located(log).await.into()),
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
            if sought.get(&answer.commit_id).is_some_and(|(_, told)| **told == *digest) {
                sought.remove(&answer.commit_id);
            }
        }
    }
    let Some((position, digest)) = sought.values().min_by_key(|(position, _)| *position) else {
        return Ok(());
    };
    let rule = "an answer that a commit tells of is kept";
    let expected = format_args!("the answer with the digest {digest}").to_string();
    Err(Wrong::new(rule, expected, "none").at_position(*position).located(log).await.into())
}
