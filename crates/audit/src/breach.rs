//! A breach: the first thing in a log that is not as it must be.

use std::fmt;

use event_store::{Flaw, Position, ReadOnlyLog};
use serde::Serialize;

/// What is wrong, where, and what should stand there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// The event's place in the log; `None` if it is no matter of one event.
    pub position: Option<u64>,
    /// The event's stream, `type/id`.
    pub stream: Option<String>,
    /// The rule that is broken.
    pub rule: &'static str,
    /// What the rule asks for.
    pub expected: String,
    /// What there is.
    pub found: String,
}

/// A breach of what stands around the events.
impl From<Flaw> for Breach {
    fn from(Flaw { of, rule, expected, found }: Flaw) -> Self {
        Self { stream: Some(of), ..Wrong::new(rule, expected, found).of_log() }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.position, &self.stream) {
            (Some(position), Some(stream)) => write!(f, "position {position}, stream {stream}: ")?,
            (Some(position), None) => write!(f, "position {position}: ")?,
            (None, Some(stream)) => write!(f, "stream {stream}: ")?,
            (None, None) => {}
        }
        write!(f, "{}: expected {}, found {}", self.rule, self.expected, self.found)
    }
}

impl std::error::Error for Breach {}

impl Breach {
    /// Names the stream, if none is named yet.
    pub(crate) fn in_stream(self, stream: impl fmt::Display) -> Self {
        Self { stream: Some(self.stream.unwrap_or_else(|| stream.to_string())), ..self }
    }

    /// Names the stream of the event that stands at the breach's position, or is the next there is.
    pub(crate) async fn located(self, log: &ReadOnlyLog) -> Self {
        let Some(before) = self.position.and_then(|position| position.checked_sub(1)) else { return self };
        match log.read_all(Position::from_number(before), 1).await.as_deref() {
            Ok([event]) => self.in_stream(&event.stream),
            Ok(_) | Err(_) => self,
        }
    }
}

/// A breach whose place is not told yet.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    rule: &'static str,
    expected: String,
    found: String,
}

impl Wrong {
    pub(crate) fn new(rule: &'static str, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { rule, expected: one_line(&expected), found: one_line(&found) }
    }

    /// A breach of one event, whose stream is told by whoever knows it.
    pub(crate) fn at(self, place: Place) -> Breach {
        self.at_position(place.position)
    }

    /// A breach that is no matter of one event.
    pub(crate) fn of_log(self) -> Breach {
        let Self { rule, expected, found } = self;
        Breach { position: None, stream: None, rule, expected, found }
    }

    pub(crate) fn at_position(self, position: u64) -> Breach {
        Breach { position: Some(position), ..self.of_log() }
    }
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) position: u64,
}

/// Makes sure that two values are one.
pub(crate) fn same<T: PartialEq + fmt::Display>(
    rule: &'static str,
    expected: T,
    found: T,
) -> Result<(), Wrong> {
    if expected == found { Ok(()) } else { Err(Wrong::new(rule, expected, found)) }
}

/// Makes sure that something is so.
pub(crate) fn ensure(
    is_so: bool,
    rule: &'static str,
    expected: impl fmt::Display,
    found: impl fmt::Display,
) -> Result<(), Wrong> {
    if is_so { Ok(()) } else { Err(Wrong::new(rule, expected, found)) }
}

/// What a log holds may hold anything: it is told on one line, and not at any length.
fn one_line(text: &impl fmt::Display) -> String {
    const CHARS_MAX: usize = 200;
    text.to_string().chars().take(CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
