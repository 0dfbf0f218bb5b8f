//! What a verification covered: the report that an auditor keeps, and that the next verification can begin from.

use std::collections::BTreeMap;

use kernel::Money;
use serde::{Deserialize, Serialize};

use super::checkpoint::{FORMAT, seal};
use super::examined::Tally;
use super::{Memory, Verifier};
use crate::breach::Wrong;
use crate::chain::Point;

/// How much was met, from the first event on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Events.
    pub events: u64,
    /// Commits.
    pub commits: u64,
    /// Streams, by their kind.
    pub streams: BTreeMap<String, u64>,
    /// Events, by their type.
    pub event_types: BTreeMap<String, u64>,
}

impl Counts {
    /// Adds a page that was verified.
    pub(super) fn add(&mut self, events: usize, tally: Tally) {
        self.events += events as u64;
        for (all, few) in [(&mut self.streams, tally.streams), (&mut self.event_types, tally.event_types)] {
            for (kind, count) in few {
                *all.entry(kind.into()).or_default() += count;
            }
        }
    }
}

/// What a verification covered and found well. Amounts are in fen, moments in microseconds since 1970-01-01 UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The report's format.
    pub format: String,
    /// The point that this run began after: zeros, or the checkpoint's.
    pub began_after: Point,
    /// The first event of this run; `None` if there was none.
    pub first: Option<Point>,
    /// The last event verified.
    pub last: Point,
    /// The head's epoch.
    pub epoch: u64,
    /// What was met from the first event of the log on.
    pub counts: Counts,
    /// Kept answers, all of them.
    pub answers: u64,
    /// Kept answers whose commit was met in this run.
    pub answers_met: u64,
    /// The sum of each class of accounts.
    pub totals: BTreeMap<String, Money>,
    /// What must be remembered to go on from here.
    pub(super) state: Memory,
    /// SHA-256 over all of the above, as JSON without spaces.
    pub(super) seal: String,
}

impl Verifier {
    pub(super) fn report(&self, epoch: u64) -> Result<Report, Wrong> {
        let unfit = |error: &dyn std::fmt::Display| Wrong::new("totals can be counted", "a sum", error);
        let classes = self.memory.books.by_class().map_err(|error| unfit(&error))?;
        let totals = classes.into_iter().map(|(class, sum)| (class.name().to_owned(), sum)).collect();
        let report = Report {
            format: FORMAT.to_owned(),
            began_after: self.began,
            first: self.first,
            last: self.at,
            epoch,
            counts: self.counts.clone(),
            answers: self.expected.answers,
            answers_met: self.expected.with_events,
            totals,
            state: self.memory.clone(),
            seal: String::new(),
        };
        seal(report).map_err(|error| unfit(&error))
    }
}
