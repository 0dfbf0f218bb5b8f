//! Whether the files that were opened still stand in their folder. A lock holds nobody off once its file was removed, and what is
//! written to a file that was replaced is lost: whoever finds either writes no more.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// Files by their paths, and which ones stood there.
#[derive(Debug)]
pub(super) struct Standing {
    files: Vec<(PathBuf, Identity)>,
}

/// A file on this machine: its device and its number there.
type Identity = (u64, u64);

impl Standing {
    /// The files that stand there now.
    pub(super) fn of<const N: usize>(paths: [PathBuf; N]) -> io::Result<Self> {
        let known = |path: PathBuf| identity(&path).map(|identity| (path, identity));
        Ok(Self { files: paths.into_iter().map(known).collect::<io::Result<_>>()? })
    }

    /// Makes sure that they still do.
    ///
    /// # Errors
    /// [`StoreError::Replaced`].
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let stands = |(path, known): &(PathBuf, Identity)| identity(path).is_ok_and(|found| found == *known);
        if self.files.iter().all(stands) { Ok(()) } else { Err(StoreError::Replaced) }
    }
}

fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}
