//! `suanpan replay --until`: the log and the views of a moment of the past, in a folder of their own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit::{Moment, ReportError};
use event_store::{
    CopyError, EventStore, Location, MOMENT_FILE, Position, ReadOnlyLog, RecordedEvent, copy_log, ending_at,
};
use indicatif::ProgressBar;
use kernel::Timestamp;

use crate::audit::{progress_bar, until};
use crate::failure::Failure;

/// Writes the moment that `text` names of the log at `source` into `target`: all of it or nothing. The source is only read.
pub(crate) async fn write(source: &Location, text: &str, target: &Path) -> Result<Position, Failure> {
    let moment = until("until", Some(text))?.ok_or_else(|| Failure::Usage("until: missing".to_owned()))?;
    refuse_target(target)?;
    let log = Arc::new(ReadOnlyLog::open(source).await?);
    let bar = progress_bar();
    let written = write_from(&log, moment, target, &bar).await;
    bar.finish_and_clear();
    log.close().await;
    written
}

async fn write_from(
    log: &Arc<ReadOnlyLog>,
    moment: Moment,
    target: &Path,
    bar: &ProgressBar,
) -> Result<Position, Failure> {
    let last = last_event(log, moment).await?;
    // Every event is copied, and folded.
    let events = last.position.number();
    bar.set_length(events.saturating_mul(2));
    let draft = Draft::begin(target)?;
    let shown = bar.clone();
    let mut copied = move |done| shown.set_position(done);
    copy_log(log.as_ref(), last.position, &draft.folder, &mut copied).await?;
    let copy: Arc<dyn EventStore> =
        Arc::new(ReadOnlyLog::open(&Location::Folder(draft.folder.clone())).await?);
    let copy = ending_at(copy, last.position).await?;
    let shown = bar.clone();
    let mut folded = move |done: u64| shown.set_position(events.saturating_add(done));
    let views = draft.folder.join("views.db");
    let built = projections::build_at(&views, &copy, &projections::all(), &mut folded).await;
    copy.close().await;
    built?;
    draft.keep(&last)?;
    Ok(last.position)
}

/// The last event of a moment.
async fn last_event(log: &ReadOnlyLog, moment: Moment) -> Result<RecordedEvent, Failure> {
    let head = log.head().await?.position;
    let first = log.read_all(Position::START, 1).await?.into_iter().next();
    let before = |asked: String| {
        let first = first.as_ref().map(|first| first.recorded_at);
        Err(ReportError::BeforeFirst { asked, first }.into())
    };
    let position = match moment {
        Moment::Position(Position::START) => return before("position 0".to_owned()),
        Moment::Position(asked) if asked > head => return Err(ReportError::AfterHead { asked, head }.into()),
        Moment::Position(asked) => asked,
        Moment::Time(time) if first.as_ref().is_none_or(|first| first.recorded_at > time) => {
            return before(time.to_string());
        }
        Moment::Time(time) => last_until(log, time, head).await?,
    };
    event_at(log, position).await
}

/// The last position whose event is not after `time`, found by halving: time in the log never goes back.
async fn last_until(log: &ReadOnlyLog, time: Timestamp, head: Position) -> Result<Position, Failure> {
    let (mut not_after, mut after) = (1, head.number().saturating_add(1));
    while after - not_after > 1 {
        let middle = not_after + (after - not_after) / 2;
        if event_at(log, Position::from_number(middle)).await?.recorded_at > time {
            after = middle;
        } else {
            not_after = middle;
        }
    }
    Ok(Position::from_number(not_after))
}

async fn event_at(log: &ReadOnlyLog, position: Position) -> Result<RecordedEvent, Failure> {
    let before = Position::from_number(position.number().saturating_sub(1));
    let found = log.read_all(before, 1).await?.into_iter().next();
    found.filter(|event| event.position == position).ok_or_else(|| CopyError::Missing(position).into())
}

/// Only what is not there yet, or an empty folder, is filled.
fn refuse_target(target: &Path) -> Result<(), Failure> {
    let told = |reason: &dyn std::fmt::Display| {
        Err(Failure::Unusable(format!("output: {}: {reason}", target.display())))
    };
    match std::fs::read_dir(target).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => told(&"the folder is not empty"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => told(&error),
    }
}

/// A folder in the making beside the one that it will become. Dropped without [`Draft::keep`], nothing is left of it.
struct Draft {
    target: PathBuf,
    folder: PathBuf,
}

impl Draft {
    fn begin(target: &Path) -> Result<Self, Failure> {
        let told = |reason: &dyn std::fmt::Display| {
            Failure::Unusable(format!("output: {}: {reason}", target.display()))
        };
        let name = target.file_name().ok_or_else(|| told(&"not a folder that can be made"))?;
        let mut draft = name.to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        let folder = target.with_file_name(draft);
        std::fs::create_dir(&folder).map_err(|error| told(&error))?;
        Ok(Self { target: target.to_path_buf(), folder })
    }

    /// Puts the folder, durably, in its place, marked as what it is.
    fn keep(self, last: &RecordedEvent) -> Result<(), Failure> {
        let told =
            |error: std::io::Error| Failure::Unusable(format!("output: {}: {error}", self.target.display()));
        let text = format!(
            "The log and the views of suanpan as they were after the event at position {}\n({}, hash {}).\n\
             They can only be read: suanpan serve --read-only, suanpan audit, suanpan export.\n",
            last.position, last.recorded_at, last.hash
        );
        let put = || -> std::io::Result<()> {
            std::fs::write(self.folder.join(MOMENT_FILE), text)?;
            for entry in std::fs::read_dir(&self.folder)? {
                File::open(entry?.path())?.sync_all()?;
            }
            File::open(&self.folder)?.sync_all()?;
            // An empty folder gives way; one that was filled meanwhile does not.
            std::fs::rename(&self.folder, &self.target)?;
            let above = self.target.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(above.unwrap_or(Path::new(".")))?.sync_all()
        };
        put().map_err(told)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it is in its place it is not found here.
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

impl From<CopyError> for Failure {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Open(error) => error.into(),
            CopyError::Store(error) => error.into(),
            CopyError::Append(error) => Self::unusable(error),
            breach @ (CopyError::Differs { .. } | CopyError::Missing(_)) => {
                Self::Breach(format!("breach: {breach}"))
            }
        }
    }
}
