//! `suanpan export`: the books for other people's tools.

use std::io::{self, BufWriter};

use audit::ExportFormat;

use crate::audit::{ExportOptions, Format, moving, open, progress_bar, since, unless_closed, until};
use crate::failure::Failure;
use crate::file::WholeFile;
use crate::settings::LogFormat;
use crate::telemetry;

/// Writes the books to a file, all or nothing, or to standard output.
pub(crate) async fn export(options: ExportOptions) -> Result<(), Failure> {
    telemetry::start_log(LogFormat::Text, "warn")?;
    let from = since("from", options.from.as_deref())?;
    let to = until("to", options.to.as_deref())?;
    let format = match options.format {
        Format::Hledger => ExportFormat::Hledger,
        Format::Beancount => ExportFormat::Beancount,
        Format::Csv => ExportFormat::Csv,
        Format::Jsonl => ExportFormat::Jsonl,
    };
    let log = open(&options.store).await?;
    let bar = progress_bar();
    let mut progress = moving(&bar);
    let written = match &options.output {
        Some(path) => {
            let told = |error: io::Error| Failure::Unusable(format!("output: {}: {error}", path.display()));
            let mut file = WholeFile::begin(path).map_err(told)?;
            let written = audit::export(&log, format, from, to, &mut progress, &mut file).await;
            match written {
                Ok(_) => file.keep().map_err(told),
                Err(audit::ReportError::Output(error)) => Err(told(error)),
                Err(error) => Err(error.into()),
            }
        }
        None => {
            let mut out = BufWriter::new(io::stdout());
            let written = audit::export(&log, format, from, to, &mut progress, &mut out).await;
            unless_closed(written.map(drop))
        }
    };
    bar.finish_and_clear();
    log.close().await;
    written
}
