//! One process a folder: a lock on a file beside the databases, given back by the system when the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::OpenError;

/// Held for as long as the stores of a folder are open.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Takes the lock of `folder` or says at once that another has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join("suanpan.lock");
        let told = |source| OpenError::File { path: path.display().to_string(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(told)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.display().to_string())),
            Err(TryLockError::Error(source)) => Err(told(source)),
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // Closing alone would leave the lock with a process that is just being started and still holds a copy of the file.
        self.file.unlock().ok();
    }
}
