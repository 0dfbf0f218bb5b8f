//! `order` of the lists: `field ASC|DESC`, joined by `AND`, `OR` or commas, with parentheses. It is read into typed keys;
//! the text itself goes no further.
//!
//! Sorting knows no alternative, so all joins mean the same: the key to the left weighs more. Parentheses change nothing.

use projections::{Direction, Order};

/// The longest text, in bytes: every documented field of a list fits in twice over.
const BYTES_MAX: usize = 1_024;
/// How deep parentheses may stand in each other.
const DEPTH_MAX: u32 = 16;
/// What may stand between words.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Why a text is no order. It never holds what the text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OrderError {
    /// It has more than [`BYTES_MAX`] bytes.
    #[error("at most {BYTES_MAX} bytes are meant")]
    TooLong,
    /// Parentheses stand deeper than [`DEPTH_MAX`] in each other.
    #[error("at most {DEPTH_MAX} parentheses may stand in each other")]
    TooDeep,
    /// Something other than a documented field stands where one is meant.
    #[error("a field of the list is meant")]
    Field,
    /// A field without its direction.
    #[error("ASC or DESC is meant after a field")]
    Direction,
    /// Two keys without a join, or a parenthesis that was never opened.
    #[error("AND, OR, a comma or the end is meant after a key")]
    Join,
    /// The text ends inside parentheses.
    #[error("a parenthesis is not closed")]
    Unclosed,
    /// A field is named twice.
    #[error("a field is named twice")]
    Repeated,
}

/// What may come next.
enum Expected<F> {
    /// A field, or an opening parenthesis.
    Key,
    /// The direction of this field.
    DirectionOf(F),
    /// A join, a closing parenthesis or the end.
    Join,
}

/// Reads the order of a list whose `fields` are these, each under its documented name. A blank text is no order of its own.
///
/// # Errors
/// [`OrderError`].
pub(super) fn read<F: Copy + PartialEq>(text: &str, fields: &[(&str, F)]) -> Result<Order<F>, OrderError> {
    if text.len() > BYTES_MAX {
        return Err(OrderError::TooLong);
    }
    let mut order = Order::default();
    if text.trim_start_matches(BLANKS).is_empty() {
        return Ok(order);
    }
    let (mut expected, mut depth) = (Expected::Key, 0);
    for token in tokens(text) {
        expected = match expected {
            Expected::Key if token == "(" => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(OrderError::TooDeep);
                }
                Expected::Key
            }
            Expected::Key => {
                let field = fields.iter().find(|(name, _)| *name == token);
                Expected::DirectionOf(field.ok_or(OrderError::Field)?.1)
            }
            Expected::DirectionOf(field) => {
                if !order.then_by(field, direction(token).ok_or(OrderError::Direction)?) {
                    return Err(OrderError::Repeated);
                }
                Expected::Join
            }
            Expected::Join if token == ")" && depth > 0 => {
                depth -= 1;
                Expected::Join
            }
            Expected::Join if is_join(token) => Expected::Key,
            Expected::Join => return Err(OrderError::Join),
        };
    }
    match expected {
        Expected::Key => Err(OrderError::Field),
        Expected::DirectionOf(_) => Err(OrderError::Direction),
        Expected::Join if depth > 0 => Err(OrderError::Unclosed),
        Expected::Join => Ok(order),
    }
}

fn direction(token: &str) -> Option<Direction> {
    if token.eq_ignore_ascii_case("ASC") {
        Some(Direction::Ascending)
    } else if token.eq_ignore_ascii_case("DESC") {
        Some(Direction::Descending)
    } else {
        None
    }
}

fn is_join(token: &str) -> bool {
    token == "," || token.eq_ignore_ascii_case("AND") || token.eq_ignore_ascii_case("OR")
}

/// Words, and every other character that is no blank by itself.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(BLANKS);
        let first = rest.chars().next()?;
        let word = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
        let (token, after) = rest.split_at(if word > 0 { word } else { first.len_utf8() });
        rest = after;
        Some(token)
    })
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
