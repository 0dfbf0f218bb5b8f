//! Every row of the views beside views that are folded anew from the log, in a folder that is gone afterwards.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit::Breach;
use event_store::sql::Db;
use event_store::{EventStore, Location, Position, ReadOnlyLog, ending_at, open_views_read_only};
use indicatif::ProgressBar;
use projections::Figures;

use crate::failure::Failure;

const RULE: &str = "the views' rows are those that the log makes";

/// Compares all rows; gives where the views stand. They are read as of one moment, which lasts as long as the comparison.
pub(super) async fn compare_rows(
    log: &Arc<ReadOnlyLog>,
    views: &Db,
    bar: &ProgressBar,
) -> Result<Position, Failure> {
    let none = || Failure::Unusable("every_row: there are no views".to_owned());
    let mut live = Figures::open(views).await?.ok_or_else(none)?;
    let folded = live.folded().await?;
    let position = folded.first().ok_or_else(none)?.position;
    if folded.iter().any(|other| other.position != position) {
        let reason =
            "every_row: the views are not all at one position: a projection has stopped or is being rebuilt";
        return Err(Failure::Unusable(reason.to_owned()));
    }
    let folder = Folder::make()?;
    let log: Arc<dyn EventStore> = Arc::clone(log) as Arc<dyn EventStore>;
    let log = ending_at(log, position).await?;
    bar.set_length(position.number());
    let mut folded = |done| bar.set_position(done);
    projections::build_at(&folder.0.join("views.db"), &log, &projections::all(), &mut folded).await?;
    let made = open_views_read_only(&Location::Folder(folder.0.clone())).await?.ok_or_else(none)?;
    let mut anew = Figures::open(&made).await?.ok_or_else(none)?;
    let found = live.first_difference(&mut anew, &projections::all()).await?;
    drop(anew);
    made.close().await;
    let Some(found) = found else { return Ok(position) };
    let stream = Some(format!("views of {}, {}", found.table, found.key));
    let breach = Breach { position: None, stream, rule: RULE, expected: found.expected, found: found.found };
    Err(Failure::Breach(format!("breach: {breach}")))
}

/// A folder of this process alone, for as long as it is needed.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("suanpan-rows-{}", std::process::id()));
        let told = |path: &Path, error| Failure::Unusable(format!("every_row: {}: {error}", path.display()));
        std::fs::DirBuilder::new().mode(0o700).create(&path).map_err(|error| told(&path, error))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
