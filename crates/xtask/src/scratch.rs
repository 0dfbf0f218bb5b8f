//! A temporary folder that is removed when it goes out of scope.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

/// The folder.
pub(crate) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes one in the system's temporary folder.
    #[cfg(test)]
    pub(crate) fn new(purpose: &str) -> Result<Scratch> {
        Scratch::inside(&std::env::temp_dir(), purpose)
    }

    /// Makes a new, empty one in that folder, open to its owner alone.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn inside(folder: &Path, purpose: &str) -> Result<Scratch> {
        use std::os::unix::fs::DirBuilderExt;
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
        let path = folder.join(format!("suanpan-{purpose}-{}-{nanos}", std::process::id()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(Scratch { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The server's own guardian may have removed it already.
        let _gone = std::fs::remove_dir_all(&self.path);
    }
}
