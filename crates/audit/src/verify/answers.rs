//! Kept answers: each reads, and each whose commit stands in the log agrees with it on time and account, and is the very
//! one, and there, if the commit tells of it.

use std::sync::Arc;

use event_store::{Answer, AnswerCursor, AnswerDigest, EventRef, Hash, Position, ReadOnlyLog};
use foldhash::{HashMap, HashMapExt as _};
use kernel::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use uuid::Uuid;

use super::metadata::{Told, check_metadata};
use super::{VerifyError, missing};
use crate::breach::{Breach, Place, Wrong, ensure, same};
use crate::pages::{Make, Pages};

/// Answers in memory at a time. Where there are more, the log's commits are gone through again for each further lot.
const LOT: usize = 65_536;
pub(super) const PAGE: u32 = 1_024;
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
struct Claim {
    recorded_at: Timestamp,
    account: u64,
    is_refusal: bool,
    digest: AnswerDigest,
}

impl Claim {
    /// Compares it with what the commit says.
    fn check(&self, at: Timestamp, told: &Told) -> Result<(), Wrong> {
        same("an answer is of its commit's time", at, self.recorded_at)?;
        let rule = "what was refused leaves no event";
        ensure(!self.is_refusal, rule, "that it was done", "that it was refused")?;
        let account = self.account.to_string();
        same("an answer is kept for who acted", told.actor.as_deref().unwrap_or("the house"), &account)?;
        let Some(digest) = &told.answer else { return Ok(()) };
        same(
            "a kept answer is the one that its commit tells of",
            digest.as_ref(),
            self.digest.to_string().as_str(),
        )
    }
}

/// The answers whose commits the log is being searched for.
pub(super) struct Expected {
    pub(super) lot_max: usize,
    lot: HashMap<Uuid, Claim>,
    read_to: AnswerCursor,
    is_begun: bool,
    is_complete: bool,
    pub(super) answers: u64,
    pub(super) with_events: u64,
    /// How many commits tell of an answer, and how many of those answers were met.
    told: u64,
    told_and_met: u64,
    /// Before the first commit that tells of an answer which was not among the first lot.
    before_first_missed: Option<Position>,
}

impl Default for Expected {
    fn default() -> Self {
        Self {
            lot_max: LOT,
            lot: HashMap::new(),
            read_to: AnswerCursor::default(),
            is_begun: false,
            is_complete: false,
            answers: 0,
            with_events: 0,
            told: 0,
            told_and_met: 0,
            before_first_missed: None,
        }
    }
}

impl Expected {
    pub(super) const fn is_unread(&self) -> bool {
        !self.is_begun
    }

    /// Reads and checks the next lot.
    pub(super) async fn read(&mut self, log: &ReadOnlyLog) -> Result<(), VerifyError> {
        self.is_begun = true;
        self.lot.clear();
        while self.lot.len() < self.lot_max {
            let (page, read_to) = log.read_answers(&self.read_to, PAGE).await?;
            for answer in &page {
                let claim = check(answer)?;
                if self.lot.insert(answer.commit_id, claim).is_some() {
                    let wrong = Wrong::new("a commit has one answer", "one", "several");
                    return Err(Breach { stream: stream_of(answer), ..wrong.of_log() }.into());
                }
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

    /// Compares a commit, whose first event is met for the first time, with its answer, if one of the lot is of it.
    pub(super) fn enter(&mut self, place: Place, id: Uuid, at: Timestamp, told: &Told) -> Result<(), Wrong> {
        let is_met = self.meet(id, at, told)?;
        if told.answer.is_some() {
            self.told += 1;
            if !is_met && self.before_first_missed.is_none() {
                self.before_first_missed = Some(Position::from_number(place.position.saturating_sub(1)));
            }
        }
        Ok(())
    }

    /// Whether an answer of the lot is of the commit.
    fn meet(&mut self, id: Uuid, at: Timestamp, told: &Told) -> Result<bool, Wrong> {
        if self.lot.is_empty() {
            return Ok(false);
        }
        let Some(claim) = self.lot.remove(&id) else { return Ok(false) };
        self.with_events += 1;
        self.told_and_met += u64::from(told.answer.is_some());
        claim.check(at, told)?;
        Ok(true)
    }

    /// Goes through the commits again for answers that were too many to be expected at once, and for those that commits
    /// tell of and that were not met.
    pub(super) async fn finish(
        &mut self,
        log: &Arc<ReadOnlyLog>,
        began: Position,
        end: Position,
    ) -> Result<(), VerifyError> {
        let is_one_lot = self.is_complete;
        while !self.is_complete {
            self.read(log).await?;
            let mut pages = Pages::new(log, began, end, Commits::default);
            while let Some(page) = pages.next().await? {
                for Met { position, id, recorded_at, metadata } in page.0 {
                    if self.lot.contains_key(&id) {
                        let met =
                            check_metadata(&metadata).and_then(|told| self.meet(id, recorded_at, &told));
                        if let Err(wrong) = met {
                            return Err(wrong.at_position(position).located(log).await.into());
                        }
                    }
                }
            }
        }
        if self.told_and_met < self.told {
            let from = self.before_first_missed.filter(|_| is_one_lot).unwrap_or(began);
            missing::check(log, from, end, self.lot_max).await?;
        }
        Ok(())
    }
}

/// The commits of a page, each by its first event there.
#[derive(Default)]
pub(super) struct Commits(pub(super) Vec<Met>);

pub(super) struct Met {
    pub(super) position: u64,
    pub(super) id: Uuid,
    pub(super) recorded_at: Timestamp,
    pub(super) metadata: Box<str>,
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

fn check(answer: &Answer) -> Result<Claim, Breach> {
    let is_refusal =
        check_row(answer).map_err(|wrong| Breach { stream: stream_of(answer), ..wrong.of_log() })?;
    let (recorded_at, account) = (answer.recorded_at, answer.key.account);
    Ok(Claim { recorded_at, account, is_refusal, digest: answer.digest() })
}

/// Where a breach of an answer is said to stand.
fn stream_of(answer: &Answer) -> Option<String> {
    Some(format!("answers/{}", answer.key.account))
}

/// Whether it is a refusal.
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
