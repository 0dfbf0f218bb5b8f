//! Whether the files that were opened still stand in their folder. A lock holds nobody off once its file was removed, and what is
//! written to a file that was replaced is lost: whoever finds either writes no more.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::error::StoreError;

/// Files by their paths, and which ones stood there.
#[derive(Debug)]
pub(super) struct Standing {
    files: Vec<(PathBuf, Identity)>,
    /// One that is opened after the log.
    beside: OnceLock<(PathBuf, Identity)>,
}

/// A file on this machine: its device and its number there.
type Identity = (u64, u64);

impl Standing {
    /// The files that stand there now.
    pub(super) fn of<const N: usize>(paths: [PathBuf; N]) -> io::Result<Self> {
        let known = |path: PathBuf| identity(&path).map(|identity| (path, identity));
        let files = paths.into_iter().map(known).collect::<io::Result<_>>()?;
        Ok(Self { files, beside: OnceLock::new() })
    }

    /// One more file; what it is the first time counts.
    pub(super) fn beside(&self, path: PathBuf) -> io::Result<()> {
        let known = identity(&path)?;
        self.beside.get_or_init(|| (path, known));
        Ok(())
    }

    /// Makes sure that they still do.
    ///
    /// # Errors
    /// [`StoreError::Replaced`].
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let stands = |(path, known): &(PathBuf, Identity)| identity(path).is_ok_and(|found| found == *known);
        if self.files.iter().chain(self.beside.get()).all(stands) {
            Ok(())
        } else {
            Err(StoreError::Replaced)
        }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}
