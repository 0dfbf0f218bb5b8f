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
        let told = report.seal.clone();
        let sealed = seal(Report { seal: String::new(), ..report })
            .map_err(|error| CheckpointError::Unread(error.to_string()))?;
        if sealed.seal == told { Ok(Self(sealed)) } else { Err(CheckpointError::Changed) }
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
    Ok(Report { seal: hex::encode(Sha256::digest(text.as_bytes())), ..report })
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
