//! `suanpan audit verify`: the whole log, then the views beside it, and a report of what was covered.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use api::{Compared, ComparisonError, compare_views};
use audit::{Checkpoint, KnownHead, Report, Verifier, VerifyError};
use event_store::sql::Db;
use event_store::{Position, ReadOnlyLog, open_views_read_only};
use indicatif::ProgressBar;
use projections::{Figures, QueryError};

use super::options::VerifyOptions;
use super::rows::compare_rows;
use super::snapshots::compare_snapshots;
use super::sources::{open, progress_bar, read_file};
use crate::failure::Failure;
use crate::file::write_whole;

/// The longest report that is read: it grows with the number of accounts.
const REPORT_BYTES_MAX: usize = 4 << 30;

/// What was compared row by row.
#[derive(Clone, Copy)]
struct EveryRow {
    position: Position,
    snapshots: u64,
}

pub(super) async fn verify(options: VerifyOptions) -> Result<(), Failure> {
    let told = |error| Failure::Usage(format!("head: {error}"));
    let known: Option<KnownHead> = options.head.as_deref().map(str::parse).transpose().map_err(told)?;
    let checkpoint = options.from_checkpoint.as_deref().map(read_checkpoint).transpose()?;
    let log = open(&options.store).await?;
    let bar = progress_bar();
    let verified = run(&log, &options, checkpoint, known, &bar).await;
    bar.finish_and_clear();
    log.close().await;
    let (report, compared, rows) = verified?;
    let text = serde_json::to_string(&report).map_err(Failure::unusable)?;
    if let Some(path) = &options.save {
        write_whole(path, |out| out.write_all(text.as_bytes()))
            .map_err(|error| Failure::Unusable(format!("save: {}: {error}", path.display())))?;
    }
    let printed =
        if options.json { writeln!(io::stdout(), "{text}") } else { print(&report, &compared, rows) };
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::unusable(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn run(
    log: &Arc<ReadOnlyLog>,
    options: &VerifyOptions,
    checkpoint: Option<Checkpoint>,
    known: Option<KnownHead>,
    bar: &ProgressBar,
) -> Result<(Report, Compared, Option<EveryRow>), Failure> {
    let mut verifier = match checkpoint {
        Some(checkpoint) => Verifier::from_checkpoint(Arc::clone(log), checkpoint).await?,
        None => Verifier::new(Arc::clone(log)),
    };
    bar.set_length(log.head().await.map_err(VerifyError::from)?.position.number());
    let mut progress = |reached: Position| bar.set_position(reached.number());
    let mut rows = None;
    let views =
        if options.log_only { None } else { open_views_read_only(&options.store.location()?).await? };
    let compared = match views {
        Some(views) => {
            let open = async || Figures::open(&views).await;
            let compared = compare_views(&mut verifier, open, &mut progress).await;
            let every_row = match &compared {
                Ok(_) if options.every_row => Some(compare_all(log, &views, bar).await),
                Ok(_) | Err(_) => None,
            };
            views.close().await;
            rows = every_row.transpose()?;
            compared?
        }
        None if options.every_row => {
            return Err(Failure::Unusable("every_row: there are no views".to_owned()));
        }
        None => Compared::Nothing("there are none, or they were left alone"),
    };
    let report = verifier.finish(known, &mut progress).await?;
    Ok((report, compared, rows))
}

/// Every row of the views, and every state kept among them.
async fn compare_all(log: &Arc<ReadOnlyLog>, views: &Db, bar: &ProgressBar) -> Result<EveryRow, Failure> {
    let position = compare_rows(log, views, bar).await?;
    Ok(EveryRow { position, snapshots: compare_snapshots(log, views).await? })
}

fn read_checkpoint(path: &Path) -> Result<Checkpoint, Failure> {
    let bytes = read_file("from-checkpoint", path, REPORT_BYTES_MAX)?;
    let told = |error: &dyn std::fmt::Display| {
        Failure::Usage(format!("from-checkpoint: {}: {error}", path.display()))
    };
    let text = std::str::from_utf8(&bytes).map_err(|_| told(&"not a report of suanpan audit verify"))?;
    Checkpoint::read(text).map_err(|error| told(&error))
}

/// The report for people; its last line is to be kept elsewhere.
fn print(report: &Report, compared: &Compared, rows: Option<EveryRow>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "the log is whole")?;
    let point = |point: &audit::Point| {
        format!("position {}, {}, hash {}", point.position, point.recorded_at, point.hash)
    };
    if report.began_after.position.number() > 0 {
        writeln!(out, "began after {}", point(&report.began_after))?;
    }
    match &report.first {
        Some(first) => {
            writeln!(out, "first  {}", point(first))?;
            writeln!(out, "last   {}", point(&report.last))?;
        }
        None => writeln!(out, "no events to verify")?,
    }
    let counts = &report.counts;
    let streams: u64 = counts.streams.values().sum();
    writeln!(out, "in all {} events in {} commits on {streams} streams", counts.events, counts.commits)?;
    writeln!(out, "kept answers {}, of commits met {}", report.answers, report.answers_met)?;
    for (account, total) in &report.totals {
        writeln!(out, "  {account:<20} {:>20}", total.to_string())?;
    }
    match compared {
        Compared::All(position) => writeln!(out, "the views agree with the books at position {position}")?,
        Compared::Each { agreed, left_out } => {
            for (view, position) in agreed {
                writeln!(out, "the view of {view} agrees with the books at position {position}")?;
            }
            for (view, why) in left_out {
                writeln!(out, "the view of {view} was not compared: {why}")?;
            }
        }
        Compared::Nothing(why) => writeln!(out, "the views were not compared: {why}")?,
    }
    if let Some(EveryRow { position, snapshots }) = rows {
        writeln!(out, "every row of the views is the one that the log makes, up to position {position}")?;
        writeln!(out, "kept states {snapshots}, each the one that its events make")?;
    }
    writeln!(out, "keep this elsewhere, for --head: {}@{}", report.last.hash, report.last.position)
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Breach(breach) => Self::Breach(format!("breach: {breach}")),
            VerifyError::Store(error) => error.into(),
        }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::unusable(error)
    }
}

impl From<ComparisonError> for Failure {
    fn from(error: ComparisonError) -> Self {
        match error {
            ComparisonError::Verify(error) => error.into(),
            ComparisonError::Views(error) => error.into(),
        }
    }
}
