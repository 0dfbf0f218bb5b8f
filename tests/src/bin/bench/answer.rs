//! Reading an HTTP answer no further than it takes to know that it is whole and says that all went well.

use anyhow::{Context as _, Result, bail};

/// Bytes of an answer that a complaint quotes.
const QUOTED_BYTES: usize = 400;

/// Where an answer's body lies in what was read.
pub(crate) struct Whole {
    pub(crate) status: u16,
    pub(crate) body: std::ops::Range<usize>,
}

/// The answer at the front of `bytes`, if all of it is there.
///
/// # Errors
/// It is no answer with a `Content-Length`.
pub(crate) fn whole(bytes: &[u8]) -> Result<Option<Whole>> {
    let Some(head_end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = bytes.get(..head_end).unwrap_or_default();
    let mut lines = head.split(|&byte| byte == b'\n');
    let status = lines.next().and_then(status).with_context(|| complaint("no status line", bytes))?;
    let length = lines.find_map(length).with_context(|| complaint("no Content-Length", bytes))?;
    let body = head_end + 4..head_end + 4 + length;
    Ok((bytes.len() >= body.end).then_some(Whole { status, body }))
}

/// Refuses anything but HTTP 200 with `mark`, the code 0, in the body, and anything behind the answer.
///
/// # Errors
/// With what the answer was instead.
pub(crate) fn check(bytes: &[u8], answer: &Whole, mark: &[u8]) -> Result<()> {
    let body = bytes.get(answer.body.clone()).unwrap_or_default();
    if answer.status == 200 && says_zero(body, mark) && bytes.len() == answer.body.end {
        return Ok(());
    }
    bail!(complaint("a request was not answered with code 0", bytes))
}

/// The mark, and no further digit.
fn says_zero(body: &[u8], mark: &[u8]) -> bool {
    let found = body.windows(mark.len()).position(|window| window == mark);
    found.is_some_and(|at| body.get(at + mark.len()).is_some_and(|next| !next.is_ascii_digit()))
}

fn status(line: &[u8]) -> Option<u16> {
    number(line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?)?.try_into().ok()
}

fn length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    if name.eq_ignore_ascii_case(NAME) { number(value.trim_ascii()) } else { None }
}

fn number(digits: &[u8]) -> Option<usize> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn complaint(what: &str, bytes: &[u8]) -> String {
    let quoted = bytes.get(..QUOTED_BYTES).unwrap_or(bytes);
    format!("{what}:\n{}", String::from_utf8_lossy(quoted))
}
