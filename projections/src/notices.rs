//! Notices: what was lost or found, with its texts as they were sealed.

use aggregates::AnyEvent;
use aggregates::notice::{NoticeEvent, NoticeKind, NoticeText};
use event_store::{RecordedEvent, fetch_all};
use kernel::{AccountId, NoticeId, Sealed, Timestamp};

use crate::changes::changes;
use crate::projection::{FoldError, Projection, stream_id};
use crate::table::table;
use crate::views::{QueryError, Reader, Views, list_limit, time};

/// `!` takes its meaning from a wildcard behind it.
const PAGE: &str = "SELECT n.id, n.owner, n.kind, n.state, n.occurred_at, n.published_at, n.updated_at,
    COALESCE((SELECT string_agg(t.field || ':' || t.sealed, ',' ORDER BY t.field)
        FROM notice_texts t WHERE t.notice = n.id), '')
    FROM notices n
    WHERE n.kind = $1 AND (n.updated_at, n.id) < ($2, $3)
        AND n.id BETWEEN $4 AND $5 AND n.state BETWEEN $6 AND $7
        AND n.occurred_at BETWEEN $8 AND $9 AND n.published_at BETWEEN $10 AND $11
        AND n.updated_at BETWEEN $12 AND $13
        AND CAST(n.owner AS TEXT) LIKE $14 ESCAPE '!'
    ORDER BY n.updated_at DESC, n.id DESC LIMIT $15";

table! {
    /// A notice that is up.
    NoticeRow, NoticePatch, "notices";
    key { id: int }
    owner: int, kind: text, state: int, occurred_at: int, published_at: int, updated_at: int;
    "CREATE INDEX IF NOT EXISTS notices_by_update ON notices (kind, updated_at, id)"
}

table! {
    /// One text of a notice, sealed. A text that is empty has no row.
    TextRow, TextPatch, "notice_texts";
    key { notice: int, field: text }
    sealed: text;
}

changes! {
    /// What events change among notices.
    NoticesChanges {
        notices: NoticeRow,
        texts: TextRow,
    }
}

/// Keeps notices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notices;

impl Projection for Notices {
    const NAME: &'static str = "notices";
    const VERSION: u32 = 1;
    const AGGREGATES: &'static [&'static str] = &["notice"];
    type Changes = NoticesChanges;

    fn fold(
        &self,
        event: &AnyEvent,
        recorded: &RecordedEvent,
        changes: &mut NoticesChanges,
    ) -> Result<(), FoldError> {
        let AnyEvent::Notice(event) = event else { return Ok(()) };
        let id = i64::from(stream_id::<NoticeId>(recorded)?);
        match event {
            NoticeEvent::NoticePublished { owner, kind, state, occurred_at, published_at, texts } => {
                changes.notices.put(NoticeRow {
                    id,
                    owner: (*owner).into(),
                    kind: kind_name(*kind).to_owned(),
                    state: (*state).into(),
                    occurred_at: occurred_at.micros(),
                    published_at: published_at.micros(),
                    updated_at: published_at.micros(),
                });
                texts.iter().for_each(|(text, sealed)| changes.texts.put(text_row(id, *text, sealed)));
            }
            NoticeEvent::NoticeUpdated { kind, state, occurred_at, updated_at, texts } => {
                changes.notices.patch((id,), |patch| {
                    patch.kind = kind.map(|kind| kind_name(kind).to_owned());
                    patch.state = state.map(i64::from);
                    patch.occurred_at = occurred_at.map(Timestamp::micros);
                    patch.updated_at = Some(updated_at.micros());
                });
                for (text, sealed) in texts {
                    match sealed {
                        Some(sealed) => changes.texts.put(text_row(id, *text, sealed)),
                        None => changes.texts.delete((id, text.name().to_owned())),
                    }
                }
            }
            NoticeEvent::NoticeDeleted {} => {
                changes.notices.delete((id,));
                for text in NoticeText::ALL {
                    changes.texts.delete((id, text.name().to_owned()));
                }
            }
        }
        Ok(())
    }
}

fn text_row(notice: i64, text: NoticeText, sealed: &Sealed) -> TextRow {
    TextRow { notice, field: text.name().to_owned(), sealed: sealed.as_base64().to_owned() }
}

const fn kind_name(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Lost => "lost",
        NoticeKind::Found => "found",
    }
}

/// A notice as readers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeView {
    /// Its id.
    pub id: NoticeId,
    /// The account whose notice it is.
    pub owner: AccountId,
    /// Whether something was lost or found.
    pub kind: NoticeKind,
    /// 0 while it goes on, 1 when it is over.
    pub state: i16,
    /// When the thing was lost or found.
    pub occurred_at: Timestamp,
    /// When it was published, as its owner says.
    pub published_at: Timestamp,
    /// When it was last updated, as its owner says.
    pub updated_at: Timestamp,
    /// Its texts, sealed; those that are empty are not there.
    pub texts: Vec<(NoticeText, Sealed)>,
}

impl NoticeView {
    /// Its place in lists.
    #[must_use]
    pub const fn place(&self) -> NoticePlace {
        NoticePlace { updated_at: self.updated_at, id: self.id }
    }

    /// A text, sealed; `None` if it is empty.
    #[must_use]
    pub fn text(&self, text: NoticeText) -> Option<&Sealed> {
        self.texts.iter().find(|(name, _)| *name == text).map(|(_, sealed)| sealed)
    }
}

/// A place in a list of notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoticePlace {
    /// When the notice there was last updated.
    pub updated_at: Timestamp,
    /// Its id, which orders those of the same moment.
    pub id: NoticeId,
}

/// What notices of a list have in common; `None` leaves it open.
#[derive(Clone, Debug)]
pub struct NoticeFilter {
    /// Whether something was lost or found.
    pub kind: NoticeKind,
    /// The id.
    pub id: Option<NoticeId>,
    /// The state.
    pub state: Option<i16>,
    /// The second of the loss or the find.
    pub occurred_at: Option<Timestamp>,
    /// The second of publishing.
    pub published_at: Option<Timestamp>,
    /// The second of the last update.
    pub updated_at: Option<Timestamp>,
    /// What stands somewhere in the digits of the owner's id.
    pub owner: Option<String>,
}

type StoredNotice = (i64, i64, String, i64, i64, i64, i64, String);

impl Views {
    /// Up to `limit` (at most 1,000) notices, the last updated first, beginning behind `before` if it is given.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn notices(
        &self,
        filter: &NoticeFilter,
        before: Option<NoticePlace>,
        limit: u32,
    ) -> Result<Vec<NoticeView>, QueryError> {
        let id = filter.id.map(i64::from).map_or((0, i64::MAX), |id| (id, id));
        let state = filter.state.map(i64::from).map_or((i64::MIN, i64::MAX), |state| (state, state));
        let (occurred_at, published_at) = (second(filter.occurred_at), second(filter.published_at));
        let updated_at = second(filter.updated_at);
        let rows = fetch_all!(
            self.rows_of([Notices::NAME])?,
            StoredNotice,
            PAGE,
            kind_name(filter.kind),
            before.map_or(i64::MAX, |before| before.updated_at.micros()),
            before.map_or(i64::MAX, |before| i64::from(before.id)),
            id.0,
            id.1,
            state.0,
            state.1,
            occurred_at.0,
            occurred_at.1,
            published_at.0,
            published_at.1,
            updated_at.0,
            updated_at.1,
            containing(filter.owner.as_deref().unwrap_or_default()),
            list_limit(limit)
        )?;
        rows.into_iter().map(read_notice).collect()
    }
}

/// The first and the last microsecond of a moment's second; of all time without one.
fn second(moment: Option<Timestamp>) -> (i64, i64) {
    moment.map_or((i64::MIN, i64::MAX), |moment| {
        let first = moment.seconds().saturating_mul(1_000_000);
        (first, first.saturating_add(999_999))
    })
}

/// The pattern of texts that hold `part`, whatever stands in it.
fn containing(part: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in part.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read_notice(row: StoredNotice) -> Result<NoticeView, QueryError> {
    let reader = Reader("notices");
    let (id, owner, kind, state, occurred_at, published_at, updated_at, texts) = row;
    Ok(NoticeView {
        id: reader.read("id", id)?,
        owner: reader.read("owner", owner)?,
        kind: [NoticeKind::Lost, NoticeKind::Found]
            .into_iter()
            .find(|known| kind_name(*known) == kind)
            .ok_or_else(|| reader.damaged("kind"))?,
        state: reader.read("state", state)?,
        occurred_at: time(occurred_at),
        published_at: time(published_at),
        updated_at: time(updated_at),
        texts: texts.split(',').filter(|text| !text.is_empty()).map(read_text).collect::<Result<_, _>>()?,
    })
}

fn read_text(stored: &str) -> Result<(NoticeText, Sealed), QueryError> {
    let damaged = || Reader("notice_texts").damaged("field");
    let (name, sealed) = stored.split_once(':').ok_or_else(damaged)?;
    let text = NoticeText::ALL.iter().find(|text| text.name() == name).ok_or_else(damaged)?;
    Ok((*text, Sealed::from_base64(sealed.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::containing;

    #[test]
    fn wildcards_mean_themselves() {
        assert_eq!(containing(""), "%%");
        assert_eq!(containing("1%_!x"), "%1!%!_!!x%");
    }
}
