//! Kept answers: each reads, and each whose commit stands in the log agrees with it on time and account.

use std::collections::HashMap;
use std::sync::Arc;

use event_store::{Answer, AnswerCursor, EventRef, Hash, Position, ReadOnlyLog};
use kernel::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::VerifyError;
use super::metadata::check_metadata;
use crate::breach::{Breach, Wrong, ensure, same};
use crate::pages::{Make, Pages};

/// Answers in memory at a time. Where there are more, the log's commits are gone through again for each further lot.
const LOT: usize = 65_536;
const PAGE: u32 = 1_024;
const KEY_BYTES_MAX: usize = 1_024;

/// How an answer is kept: what the request gave, or why it was refused.
#[derive(Deserialize)]
enum Kept {
    Ok(IgnoredAny),
    Err(Refused),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    code: u16,
    message: String,
}

/// What an answer says of its commit.
struct Told {
    recorded_at: Timestamp,
    account: u64,
    is_refusal: bool,
}

/// The answers whose commits the log is being searched for.
#[derive(Default)]
pub(super) struct Expected {
    lot: HashMap<Uuid, Told>,
    read_to: AnswerCursor,
    is_begun: bool,
    is_complete: bool,
    pub(super) answers: u64,
    pub(super) with_events: u64,
}

impl Expected {
    pub(super) const fn is_unread(&self) -> bool {
        !self.is_begun
    }

    /// Reads and checks the next lot.
    pub(super) async fn read(&mut self, log: &ReadOnlyLog) -> Result<(), VerifyError> {
        self.is_begun = true;
        self.lot.clear();
        while self.lot.len() < LOT {
            let (page, read_to) = log.read_answers(&self.read_to, PAGE).await?;
            for answer in &page {
                let is_refusal = check(answer)?;
                let (recorded_at, account) = (answer.recorded_at, answer.key.account);
                self.lot.insert(answer.commit_id, Told { recorded_at, account, is_refusal });
            }
            self.answers += page.len() as u64;
            if page.is_empty() {
                self.is_complete = true;
                return Ok(());
            }
            self.read_to = read_to;
        }
        Ok(())
    }

    /// Compares a commit of the log with its answer, if one of the lot is of it.
    pub(super) fn meet(&mut self, id: Uuid, at: Timestamp, actor: Option<&str>) -> Result<(), Wrong> {
        let Some(told) = self.lot.remove(&id) else { return Ok(()) };
        self.with_events += 1;
        same("an answer is of its commit's time", at, told.recorded_at)?;
        ensure(
            !told.is_refusal,
            "what was refused leaves no event",
            "that it was done",
            "that it was refused",
        )?;
        let account = told.account.to_string();
        same("an answer is kept for who acted", actor.unwrap_or("the house"), &account)
    }

    /// Goes through the commits again for answers that were too many to be expected at once.
    pub(super) async fn finish(
        &mut self,
        log: &Arc<ReadOnlyLog>,
        began: Position,
        end: Position,
    ) -> Result<(), VerifyError> {
        while !self.is_complete {
            self.read(log).await?;
            let mut pages = Pages::new(log, began, end, Commits::default);
            while let Some(page) = pages.next().await? {
                for Met { position, id, recorded_at, metadata } in page.0 {
                    if self.lot.contains_key(&id) {
                        let met = check_metadata(&metadata)
                            .and_then(|actor| self.meet(id, recorded_at, actor.as_deref()));
                        if let Err(wrong) = met {
                            return Err(wrong.at_position(position).located(log).await.into());
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// The commits of a page, each by its first event there.
#[derive(Default)]
struct Commits(Vec<Met>);

struct Met {
    position: u64,
    id: Uuid,
    recorded_at: Timestamp,
    metadata: Box<str>,
}

impl Make for Commits {
    fn take(&mut self, event: &EventRef<'_>, _: Option<Hash>) {
        if self.0.last().is_none_or(|last| last.id != event.commit_id) {
            self.0.push(Met {
                position: event.position.number(),
                id: event.commit_id,
                recorded_at: event.recorded_at,
                metadata: event.metadata.into(),
            });
        }
    }
}

/// Whether it is a refusal.
fn check(answer: &Answer) -> Result<bool, Breach> {
    let stream = || Some(format!("answers/{}", answer.key.account));
    check_row(answer).map_err(|wrong| Breach { stream: stream(), ..wrong.of_log() })
}

fn check_row(answer: &Answer) -> Result<bool, Wrong> {
    let (account, key) = (answer.key.account, answer.key.key.len());
    ensure(account < 1 << 53, "an answer is kept for an account", "a number below 2^53", account)?;
    let rule = "an idempotency key is a short text";
    ensure((1..=KEY_BYTES_MAX).contains(&key), rule, format!("1 to {KEY_BYTES_MAX} bytes"), key)?;
    same("a commit's id is a UUID version 7", 7, answer.commit_id.get_version_num())?;
    match serde_json::from_slice::<Kept>(&answer.body) {
        Ok(Kept::Ok(_)) => Ok(false),
        Ok(Kept::Err(Refused { code, message })) => {
            let is_told = code > 0 && !message.is_empty();
            ensure(is_told, "a kept refusal has a reason", "a code and a message", code)?;
            Ok(true)
        }
        Err(error) => {
            let found = format!("{:?} at column {}", error.classify(), error.column());
            Err(Wrong::new("a kept answer reads", "what was given or why it was refused", found))
        }
    }
}
