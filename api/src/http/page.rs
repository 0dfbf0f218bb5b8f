//! Pages of lists: `before` and `limit` in the query, `Link: rel="next"` in the answer.

use axum::http::HeaderValue;

use super::fault::Fault;
use super::params::Params;

/// The most lines that a list answers at once.
const LINES_MAX: i64 = 1_000;
/// The last number that a JSON client can hold.
const NUMBER_MAX: i64 = (1 << 53) - 1;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Lines before this one alone, if given.
    pub(crate) before: Option<u64>,
    /// At most so many lines, 1 to 1,000.
    pub(crate) limit: u32,
}

impl Page {
    /// Reads `before` and `limit`.
    ///
    /// # Errors
    /// One is no whole number in its range.
    pub(crate) fn read(query: &Params) -> Result<Self, Fault> {
        let before = query.integer("before", 0..=NUMBER_MAX)?;
        let limit = query.integer("limit", 1..=LINES_MAX)?.unwrap_or(LINES_MAX);
        Ok(Self {
            before: before.and_then(|before| u64::try_from(before).ok()),
            limit: u32::try_from(limit).unwrap_or(1),
        })
    }

    /// The last line of a full page: only behind such a line can there be more.
    pub(crate) fn last_of<T>(self, lines: &[T]) -> Option<&T> {
        lines.last().filter(|_| u32::try_from(lines.len()).is_ok_and(|count| count >= self.limit))
    }

    /// The header that leads to the rest, behind the line `last`. `filter` is what else the query must hold, such as
    /// `type=0&`.
    pub(crate) fn next(self, path: &str, filter: &str, last: u64) -> Option<HeaderValue> {
        let link = format!("<{path}?{filter}before={last}&limit={}>; rel=\"next\"", self.limit);
        HeaderValue::from_str(&link).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Page, Params};

    fn read(query: &str) -> Result<Page, ()> {
        Page::read(&Params::from_query(Some(query)).unwrap()).map_err(|_| ())
    }

    #[test]
    fn pages_are_bounded() {
        assert_eq!(read(""), Ok(Page { before: None, limit: 1000 }));
        assert_eq!(read("before=7&limit=2"), Ok(Page { before: Some(7), limit: 2 }));
        for bad in
            ["limit=0", "limit=1001", "limit=x", "before=-1", "before=9007199254740992", "limit=1&limit=1"]
        {
            assert_eq!(read(bad), Err(()), "{bad}");
        }
    }

    #[test]
    fn more_can_follow_a_full_page_alone() {
        let page = Page { before: None, limit: 2 };
        assert_eq!(page.last_of(&[1, 2]), Some(&2));
        assert_eq!(page.last_of(&[1]), None);
        assert_eq!(page.last_of::<i32>(&[]), None);
    }

    #[test]
    fn the_link_leads_on() {
        let page = Page { before: Some(9), limit: 2 };
        let link = page.next("/ledgers", "type=0&", 7).unwrap();
        assert_eq!(link.to_str().unwrap(), "</ledgers?type=0&before=7&limit=2>; rel=\"next\"");
    }
}
