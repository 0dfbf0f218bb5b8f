//! Reading the log for a report: commit by commit, with postings, up to a moment, on a chain that holds.

use std::sync::Arc;

use aggregates::AnyEvent;
use event_store::{EventRef, Hash, Position, ReadOnlyLog, RecordedEvent, StoreError};
use kernel::{Coded, ErrorCode, MoneyError, Timestamp};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::bill::BillError;
use crate::breach::{Breach, Wrong};
use crate::chain::{Link, Point};
use crate::moment::Moment;
use crate::pages::{Lent, Make, Pages, Room};
use crate::postings::{Posting, posted};
use crate::stream_number::StreamKey;
use crate::verify::{VerifyError, decode};

/// Events of one commit that are held together at the most.
const COMMIT_EVENTS_MAX: usize = 65_536;

/// An event with its meaning and its postings.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) recorded: RecordedEvent,
    pub(crate) event: AnyEvent,
    pub(crate) postings: Vec<Posting>,
}

/// Why there is no report. One plain line each.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The log is not as it must be; `verify` tells more.
    #[error("{0}")]
    Breach(Box<Breach>),
    /// The store cannot be read.
    #[error(transparent)]
    Store(StoreError),
    /// The log is not as long as that.
    #[error("position {asked} is after the head of the log, {head}")]
    AfterHead {
        /// What was asked for.
        asked: Position,
        /// Where the log ends.
        head: Position,
    },
    /// Nothing had happened by then.
    #[error("{asked} is before the first event{}", first.map(|first| format!(", {first}")).unwrap_or_default())]
    BeforeFirst {
        /// What was asked for.
        asked: String,
        /// When the first event happened, if there is one.
        first: Option<Timestamp>,
    },
    /// The books know no such account at that moment.
    #[error("{0}: no such account in the books at that moment")]
    UnknownAccount(String),
    /// The file of WeChat's is none.
    #[error("the bill: {0}")]
    Bill(#[from] BillError),
    /// A sum does not fit.
    #[error("a sum is out of range")]
    Range(#[from] MoneyError),
    /// What was made cannot be written.
    #[error("{0}")]
    Output(#[from] std::io::Error),
}

impl Coded for ReportError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Breach(_) => ErrorCode::LogBreached,
            Self::Store(_) => ErrorCode::StoreUnavailable,
            Self::AfterHead { .. } | Self::BeforeFirst { .. } => ErrorCode::MomentUnknown,
            Self::UnknownAccount(_) => ErrorCode::BookAccountUnknown,
            Self::Bill(_) => ErrorCode::BillRefused,
            Self::Range(_) | Self::Output(_) => ErrorCode::Internal,
        }
    }
}

impl From<VerifyError> for ReportError {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Breach(breach) => Self::Breach(breach),
            VerifyError::Store(error) => Self::Store(error),
        }
    }
}

impl From<StoreError> for ReportError {
    fn from(error: StoreError) -> Self {
        VerifyError::from(error).into()
    }
}

impl From<Breach> for ReportError {
    fn from(breach: Breach) -> Self {
        Self::Breach(Box::new(breach))
    }
}

/// Which moment a report is of, and how to find it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// The last event that is in it; 0 if the log is empty.
    #[serde(serialize_with = "number")]
    pub position: Position,
    /// That event's hash.
    #[serde(serialize_with = "text")]
    pub hash: Hash,
    /// That event's time.
    #[serde(serialize_with = "text")]
    pub time: Timestamp,
    /// Where the log ended when it was read.
    #[serde(serialize_with = "number")]
    pub head: Position,
}

fn number<S: Serializer>(position: &Position, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(position.number())
}

pub(crate) fn text<T: std::fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What a report needs to know of an event.
pub(crate) trait Keep: Sized + Send + 'static {
    /// Keeps it.
    fn keep(event: &EventRef<'_>, decoded: AnyEvent, posted: Option<[Posting; 2]>) -> Self;
}

impl Keep for Fact {
    fn keep(event: &EventRef<'_>, decoded: AnyEvent, posted: Option<[Posting; 2]>) -> Self {
        let postings = posted.into_iter().flatten().collect();
        Self { recorded: event.to_recorded(), event: decoded, postings }
    }
}

/// Somebody who is told every commit, in order.
pub(crate) trait Reader<F = Fact>: Send {
    /// Takes a commit: all its events, or, at the very end, those up to the moment asked for.
    ///
    /// # Errors
    /// Reading ends with it.
    fn commit(&mut self, facts: &[F]) -> Result<(), ReportError>;
}

/// How far a report has come: position reached, and position to be reached.
pub type Progress<'a> = &'a mut (dyn FnMut(Position, Position) + Send);

/// The events of a page, as far as a report needs them.
struct Kept<F>(Lent<KeptEvent<F>>);

struct KeptEvent<F> {
    link: Link,
    commit_id: Uuid,
    fact: Result<F, Wrong>,
}

impl<F: Keep> Make for Kept<F> {
    fn take(&mut self, event: &EventRef<'_>, previous: Option<Hash>) {
        let (link, commit_id) = (Link::of(previous, event), event.commit_id);
        self.0.events.push(KeptEvent { link, commit_id, fact: keep(event) });
    }
}

/// Reads the log up to and including `moment` (to its end if that is `None`).
///
/// # Errors
/// [`ReportError`].
pub(crate) async fn scan<F: Keep>(
    log: &Arc<ReadOnlyLog>,
    moment: Option<Moment>,
    progress: Progress<'_>,
    reader: &mut dyn Reader<F>,
) -> Result<AsOf, ReportError> {
    let head = log.head().await?.position;
    let (until, time) = bounds(log, moment, head).await?;
    let mut scan = Scan { at: Point::GENESIS, time, commit_id: Uuid::nil(), open: Vec::new(), reader };
    let room = Room::default();
    let spare = room.clone();
    let mut pages = Pages::new(log, Position::START, until, move || Kept(spare.take()));
    while let Some(Kept(mut page)) = pages.next().await? {
        match scan.page(&mut page.events) {
            Ok(true) => room.give_back(page),
            Ok(false) => break,
            Err(ReportError::Breach(breach)) => return Err(breach.located(log).await.into()),
            Err(error) => return Err(error),
        }
        progress(scan.at.position, until);
    }
    let at = scan.at;
    if !scan.open.is_empty() {
        scan.reader.commit(&scan.open)?;
    }
    if time.is_none() && at.position < until {
        let next = at.position.number() + 1;
        let wrong = Wrong::new("positions are dense", format_args!("an event at {next}"), "none");
        return Err(wrong.at_position(next).into());
    }
    let time = if at == Point::GENESIS { Timestamp::default() } else { at.recorded_at };
    Ok(AsOf { position: at.position, hash: at.hash, time, head })
}

/// A reading under way.
struct Scan<'a, F> {
    at: Point,
    /// Later events are not meant.
    time: Option<Timestamp>,
    /// The commit that is being read, and its events so far.
    commit_id: Uuid,
    open: Vec<F>,
    reader: &'a mut dyn Reader<F>,
}

impl<F> Scan<'_, F> {
    /// Takes a page; `false` if what is meant ends within it.
    fn page(&mut self, page: &mut Vec<KeptEvent<F>>) -> Result<bool, ReportError> {
        for KeptEvent { link, commit_id, fact } in page.drain(..) {
            if self.time.is_some_and(|time| link.recorded_at > time) {
                return Ok(false);
            }
            self.at.step(&link)?;
            if !self.open.is_empty() && self.commit_id != commit_id {
                self.reader.commit(&self.open)?;
                self.open.clear();
            }
            self.commit_id = commit_id;
            if self.open.len() >= COMMIT_EVENTS_MAX {
                let wrong = Wrong::new("commits are bounded", COMMIT_EVENTS_MAX, "more events");
                return Err(wrong.at(link.place()).into());
            }
            self.open.push(fact.map_err(|wrong| wrong.at(link.place()))?);
        }
        Ok(true)
    }
}

/// The last position that can be meant, and the time that ends it earlier.
pub(crate) async fn bounds(
    log: &Arc<ReadOnlyLog>,
    moment: Option<Moment>,
    head: Position,
) -> Result<(Position, Option<Timestamp>), ReportError> {
    let first = log.read_all(Position::START, 1).await?.first().map(|event| event.recorded_at);
    match moment {
        None => Ok((head, None)),
        Some(Moment::Position(Position::START)) => {
            Err(ReportError::BeforeFirst { asked: "position 0".to_owned(), first })
        }
        Some(Moment::Position(asked)) if asked > head => Err(ReportError::AfterHead { asked, head }),
        Some(Moment::Position(asked)) => Ok((asked, None)),
        Some(Moment::Time(time)) => match first {
            Some(first) if first <= time => Ok((head, Some(time))),
            first => Err(ReportError::BeforeFirst { asked: time.to_string(), first }),
        },
    }
}

/// Makes sure that the log has reached the place from which something is asked.
///
/// # Errors
/// [`ReportError::AfterHead`], or the store cannot be read.
pub(crate) async fn expect_reached(log: &ReadOnlyLog, since: Option<Moment>) -> Result<(), ReportError> {
    let Some(Moment::Position(asked)) = since else { return Ok(()) };
    let head = log.head().await?.position;
    if asked > head { Err(ReportError::AfterHead { asked, head }) } else { Ok(()) }
}

/// What a report needs to know of an event.
pub(crate) fn keep<F: Keep>(event: &EventRef<'_>) -> Result<F, Wrong> {
    let decoded = decode(event)?;
    let posted = posted(&StreamKey::of(event.aggregate_id), &decoded)
        .map_err(|error| Wrong::new("events can be posted", "postings", error))?;
    Ok(F::keep(event, decoded, posted))
}
