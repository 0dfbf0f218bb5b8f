//! Searching notices. What a person wrote is sealed, so parts of it are looked for in what is opened here, a bounded number of
//! notices at a time; everything else the database filters.

use commerce::Error;
use projections::{NoticeFilter, NoticePlace, NoticeText, NoticeView};

use super::envelope::Failure;
use crate::state::App;

/// The most notices that one request opens. Whoever wants to look further follows the `Link`.
const OPENED_MAX: usize = 5_000;
/// The most that are read at once.
const PAGE_MAX: u32 = 1_000;
/// Where a key word is looked for, besides the ids of the notice and its owner.
const KEYED: [NoticeText; 3] = [NoticeText::Label, NoticeText::Title, NoticeText::Content];

/// What is looked for.
pub(super) struct Search {
    filter: NoticeFilter,
    key: Option<String>,
    pictures: Option<i64>,
    texts: Vec<(NoticeText, String)>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// The notices, with their texts.
    pub(super) notices: Vec<(NoticeView, Opened)>,
    /// Where to go on, if there may be more.
    pub(super) rest: Option<NoticePlace>,
}

/// A notice's texts as they were written; those that are empty are not there.
pub(super) struct Opened(Vec<(NoticeText, String)>);

impl Opened {
    /// A text, which is taken out.
    pub(super) fn remove(&mut self, name: NoticeText) -> String {
        let index = self.0.iter().position(|(text, _)| *text == name);
        index.map(|index| self.0.swap_remove(index).1).unwrap_or_default()
    }
}

impl Search {
    /// One for notices that pass `filter`, that have `key` somewhere, so many pictures, and each part in its text.
    pub(super) fn new(
        filter: NoticeFilter,
        key: Option<String>,
        pictures: Option<i64>,
        texts: impl Iterator<Item = (NoticeText, String)>,
    ) -> Self {
        let texts = texts.map(|(name, part)| (name, part.to_lowercase())).collect();
        Self { filter, key: key.map(|key| key.to_lowercase()), pictures, texts }
    }

    /// Whether the database alone does not know what fits.
    const fn is_within_texts(&self) -> bool {
        self.key.is_some() || self.pictures.is_some() || !self.texts.is_empty()
    }

    /// The notice's texts, if it fits and its owner was not erased.
    async fn open(&self, app: &App, notice: &NoticeView) -> Result<Option<Opened>, Error> {
        if self.pictures.is_some_and(|wanted| usize::try_from(wanted) != Ok(pictures(notice))) {
            return Ok(None);
        }
        for (name, part) in &self.texts {
            if !text(app, notice, *name).await?.is_some_and(|text| text.to_lowercase().contains(part)) {
                return Ok(None);
            }
        }
        if let Some(key) = &self.key
            && !has_key(app, notice, key).await?
        {
            return Ok(None);
        }
        let mut opened = Vec::with_capacity(notice.texts.len());
        for (name, sealed) in &notice.texts {
            match app.commerce.notice_text(notice.owner, *name, sealed).await? {
                Some(text) => opened.push((*name, text)),
                None => return Ok(None),
            }
        }
        Ok(Some(Opened(opened)))
    }
}

/// How many pictures a notice has.
pub(super) fn pictures(notice: &NoticeView) -> usize {
    let all = [NoticeText::Picture1, NoticeText::Picture2, NoticeText::Picture3];
    all.into_iter().filter(|picture| notice.text(*picture).is_some()).count()
}

async fn has_key(app: &App, notice: &NoticeView, key: &str) -> Result<bool, Error> {
    if notice.id.to_string().contains(key) || notice.owner.to_string().contains(key) {
        return Ok(true);
    }
    for name in KEYED {
        if text(app, notice, name).await?.is_some_and(|text| text.to_lowercase().contains(key)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A text as it was written; `None` if it is empty or its owner was erased.
async fn text(app: &App, notice: &NoticeView, name: NoticeText) -> Result<Option<String>, Error> {
    match notice.text(name) {
        Some(sealed) => app.commerce.notice_text(notice.owner, name, sealed).await,
        None => Ok(None),
    }
}

/// Up to `limit` notices behind `before` that fit, the last updated first.
pub(super) async fn search(
    app: &App,
    search: &Search,
    before: Option<NoticePlace>,
    limit: u32,
) -> Result<Found, Failure> {
    let views = app.fresh_views().await?;
    let at_once = if search.is_within_texts() { PAGE_MAX } else { limit.saturating_add(1).min(PAGE_MAX) };
    let is_full = |count: usize, of: u32| u32::try_from(count).is_ok_and(|count| count >= of);
    let mut found = Found { notices: Vec::new(), rest: before };
    let mut looked_at = 0;
    loop {
        let page = views.notices(&search.filter, found.rest, at_once).await?;
        let is_last = !is_full(page.len(), at_once);
        looked_at += page.len();
        for notice in page {
            let place = notice.place();
            if let Some(texts) = search.open(app, &notice).await? {
                if is_full(found.notices.len(), limit) {
                    return Ok(found);
                }
                found.notices.push((notice, texts));
            }
            found.rest = Some(place);
        }
        if is_last {
            return Ok(Found { rest: None, ..found });
        }
        if looked_at >= OPENED_MAX {
            return Ok(found);
        }
    }
}
