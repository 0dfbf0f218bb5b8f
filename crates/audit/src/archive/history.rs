//! Pages of the log by position: events as stored, and their postings. Each page is bounded work, however rare what is asked
//! for: the next goes on from where it got to.

use event_store::{Hash, Position, RecordedEvent};
use kernel::AccountId;

use super::stored::concerns;
use super::{Archive, Span, StoredEvent};
use crate::breach::Breach;
use crate::chain::{Link, Point};
use crate::report::{JournalRow, journal_rows};
use crate::scan::{Fact, ReportError, keep};

/// Events looked at for one page at the most.
const SCANNED_MAX: u64 = 20_000;
/// Events read at a time.
const READ: u32 = 1_000;
/// Stored text in one page, in bytes, before it ends early.
const BYTES_MAX: usize = 4 << 20;

/// Which events are meant; what is `None` is not asked.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// The kind of stream.
    pub stream_type: Option<String>,
    /// Which stream of that kind.
    pub stream_id: Option<String>,
    /// What happened.
    pub event_type: Option<String>,
    /// The account concerned.
    pub account: Option<AccountId>,
}

/// A page of the log.
#[derive(Clone, Debug)]
pub struct HistoryPage<T> {
    /// What was asked for, in the order of the log.
    pub rows: Vec<T>,
    /// The last event looked at.
    pub reached: u64,
    /// That event's hash.
    pub hash: Hash,
    /// Whether there is more of the span behind it.
    pub has_more: bool,
    /// Whether the page is the same for ever.
    pub is_past: bool,
}

/// A page of events.
pub type EventPage = HistoryPage<StoredEvent>;

/// A page of postings.
pub type JournalPage = HistoryPage<JournalRow>;

impl EventFilter {
    fn takes(&self, event: &RecordedEvent) -> bool {
        let is = |asked: &Option<String>, found: &str| asked.as_deref().is_none_or(|asked| asked == found);
        is(&self.stream_type, &event.stream.aggregate_type)
            && is(&self.stream_id, &event.stream.aggregate_id)
            && is(&self.event_type, &event.event_type)
            && self.account.is_none_or(|account| concerns(event, account))
    }

    const fn is_everything(&self) -> bool {
        self.stream_type.is_none()
            && self.stream_id.is_none()
            && self.event_type.is_none()
            && self.account.is_none()
    }
}

impl Archive {
    /// The first `limit` events of the span that the filter takes.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn events(
        &self,
        span: &Span,
        limit: usize,
        filter: &EventFilter,
    ) -> Result<EventPage, ReportError> {
        let read = if filter.is_everything() { u32::try_from(limit).unwrap_or(READ).min(READ) } else { READ };
        let mut bytes = 0;
        self.page(span, read, |event, rows: &mut Vec<StoredEvent>| {
            if filter.takes(event) {
                bytes += event.payload.len() + event.metadata.len();
                rows.push(StoredEvent::of(event)?);
            }
            Ok(rows.len() >= limit || bytes >= BYTES_MAX)
        })
        .await
    }

    /// The postings of the span's events until there are `limit`; those of one event stay together. The chain of the events
    /// gone through must hold.
    ///
    /// # Errors
    /// A breach, or the store cannot be read.
    pub async fn journal_page(&self, span: &Span, limit: usize) -> Result<JournalPage, ReportError> {
        let mut at = match self.event_at(span.after).await? {
            Some(event) => {
                Point { position: event.position, hash: event.hash, recorded_at: event.recorded_at }
            }
            None => Point::GENESIS,
        };
        self.page(span, READ, |event, rows: &mut Vec<JournalRow>| {
            let told = |breach: Breach| breach.in_stream(&event.stream);
            let (previous, event) = (Some(at.hash), &event.into());
            let link = Link::of(previous, event);
            at.step(&link).map_err(told)?;
            let fact: Fact = keep(event).map_err(|wrong| told(wrong.at(link.place())))?;
            rows.extend(journal_rows(&fact));
            Ok(rows.len() >= limit)
        })
        .await
    }

    /// Goes through the span until `take` says that it is enough, or enough was looked at.
    async fn page<T>(
        &self,
        span: &Span,
        read: u32,
        mut take: impl FnMut(&RecordedEvent, &mut Vec<T>) -> Result<bool, ReportError>,
    ) -> Result<HistoryPage<T>, ReportError> {
        let until = Position::from_number(span.until.position);
        let mut rows = Vec::new();
        let mut reached: Option<RecordedEvent> = None;
        let mut scanned = 0;
        'span: while scanned < SCANNED_MAX {
            let after = reached.as_ref().map_or(span.after, |last| last.position);
            if after >= until {
                break;
            }
            let events = self.0.short.read_all(after, read).await?;
            if events.is_empty() {
                break;
            }
            for event in events {
                if event.position > until {
                    break 'span;
                }
                scanned += 1;
                let is_enough = take(&event, &mut rows)?;
                reached = Some(event);
                if is_enough {
                    break 'span;
                }
            }
        }
        let position = reached.as_ref().map_or(span.after, |last| last.position);
        let has_more = position < until;
        Ok(HistoryPage {
            rows,
            reached: position.number(),
            hash: reached.map_or(span.until.hash, |last| last.hash),
            has_more,
            is_past: has_more || span.until.is_past,
        })
    }
}
