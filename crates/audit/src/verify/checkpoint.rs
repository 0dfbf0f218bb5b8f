//! Going on from a report that was kept: the log must still hold its last event, and the report must be whole.

use std::sync::Arc;

use event_store::{Position, ReadOnlyLog};
use sha2::{Digest as _, Sha256};

use super::{Report, Verifier, VerifyError};
use crate::breach::{Wrong, same};

/// The format of reports that this program writes and reads.
pub(super) const FORMAT: &str = "suanpan-audit-report/1";

/// A report that a verification can begin from.
#[derive(Clone, Debug)]
pub struct Checkpoint(Report);

/// Why a text is no checkpoint. One plain line each.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It is no report of ours, or of another version.
    #[error("not a report of suanpan audit verify ({0})")]
    Unread(String),
    /// It was changed since it was written.
    #[error("the report was changed since it was written")]
    Changed,
}

impl Checkpoint {
    /// Reads a report as `audit verify --json` prints it.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read(text: &str) -> Result<Self, CheckpointError> {
        let report: Report = serde_json::from_str(text).map_err(|error| {
            CheckpointError::Unread(format!("line {} column {}", error.line(), error.column()))
        })?;
        if report.format != FORMAT {
            return Err(CheckpointError::Unread(format!("format {FORMAT} is meant")));
        }
        // The seal is over the text, not over what is made of it: a version that remembers more writes another text.
        let is_whole = unsealed(&compact(text), &report.seal).is_some_and(|own| seal_of(&own) == report.seal);
        if is_whole { Ok(Self(report)) } else { Err(CheckpointError::Changed) }
    }

    /// The last position that it covers.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.0.last.position
    }
}

/// Writes the seal of a report that has none.
pub(super) fn seal(report: Report) -> Result<Report, serde_json::Error> {
    let text = serde_json::to_string(&report)?;
    Ok(Report { seal: seal_of(&text), ..report })
}

fn seal_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// The text as it was when it had no seal, which stands at its end.
fn unsealed(text: &str, seal: &str) -> Option<String> {
    let before = text.strip_suffix(&format!("\"seal\":\"{seal}\"}}"))?;
    Some(format!("{before}\"seal\":\"\"}}"))
}

/// JSON without the spaces between its parts.
fn compact(text: &str) -> String {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.chars()
        .filter(|letter| {
            let is_kept = is_quoted || !letter.is_ascii_whitespace();
            is_quoted ^= *letter == '"' && !is_escaped;
            is_escaped = is_quoted && *letter == '\\' && !is_escaped;
            is_kept
        })
        .collect()
}

impl Verifier {
    /// Begins after what a report covers.
    ///
    /// # Errors
    /// A breach if the log does not hold the report's last event any more, or the store cannot be read.
    pub async fn from_checkpoint(log: Arc<ReadOnlyLog>, checkpoint: Checkpoint) -> Result<Self, VerifyError> {
        let Checkpoint(report) = checkpoint;
        let position = report.last.position;
        if let Some(before) = position.number().checked_sub(1) {
            let found = log.read_all(Position::from_number(before), 1).await?;
            let found = found.first().filter(|event| event.position == position);
            let told = found.map_or("no event".to_owned(), |event| event.hash.to_string());
            same("the log holds the checkpoint's last event", report.last.hash.to_string(), told)
                .map_err(|wrong: Wrong| wrong.at_position(position.number()))?;
        }
        let mut verifier = Self::new(log);
        verifier.began = report.last;
        verifier.at = report.last;
        verifier.memory = report.state;
        verifier.counts = report.counts;
        Ok(verifier)
    }
}
