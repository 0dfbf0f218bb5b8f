//! What the commands of auditors have in common: the log opened for reading alone, moments, files, a progress bar.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use audit::{Breach, Moment, ReportError};
use event_store::{OpenError, Position, ReadOnlyLog};
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::StoreOptions;
use crate::failure::Failure;

/// Opens the log for reading alone.
pub(crate) async fn open(store: &StoreOptions) -> Result<Arc<ReadOnlyLog>, Failure> {
    match ReadOnlyLog::open(&store.location()?).await {
        Ok(log) => Ok(Arc::new(log)),
        Err(OpenError::Incomplete(flaw)) => Err(Failure::Breach(format!("breach: {}", Breach::from(flaw)))),
        Err(error) => Err(error.into()),
    }
}

/// A moment up to which something is asked.
pub(crate) fn until(option: &str, text: Option<&str>) -> Result<Option<Moment>, Failure> {
    read(option, text, Moment::until)
}

/// A moment from which something is asked.
pub(crate) fn since(option: &str, text: Option<&str>) -> Result<Option<Moment>, Failure> {
    read(option, text, Moment::since)
}

fn read(
    option: &str,
    text: Option<&str>,
    parse: fn(&str) -> Result<Moment, audit::MomentError>,
) -> Result<Option<Moment>, Failure> {
    text.map(parse).transpose().map_err(|error| Failure::Usage(format!("{option}: {error}")))
}

/// A file that an auditor names, at most so many bytes.
pub(super) fn read_file(option: &str, path: &Path, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let told =
        |error: &dyn std::fmt::Display| Failure::Usage(format!("{option}: {}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| told(&error))?;
    let mut bytes = Vec::new();
    let limit = bytes_max as u64 + 1;
    file.take(limit).read_to_end(&mut bytes).map_err(|error| told(&error))?;
    if bytes.len() > bytes_max {
        return Err(told(&format_args!("longer than {bytes_max} bytes")));
    }
    Ok(bytes)
}

/// A bar on standard error that shows how far the log was read; nothing where that is no terminal.
pub(crate) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} events, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// Moves the bar as a report goes on.
pub(crate) fn moving(bar: &ProgressBar) -> impl FnMut(Position, Position) + Send + use<> {
    let bar = bar.clone();
    move |reached, of| {
        bar.set_length(of.number());
        bar.set_position(reached.number());
    }
}

/// Whoever stopped listening does not want to know.
pub(crate) fn unless_closed(result: Result<(), ReportError>) -> Result<(), Failure> {
    match result {
        Err(ReportError::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}
