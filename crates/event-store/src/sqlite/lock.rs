//! One process a folder: a lock on a file beside the databases, given back by the system when the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use crate::error::OpenError;

pub(super) const FILE: &str = "suanpan.lock";

/// Held for as long as the stores of a folder are open for reading alone: no server writes there meanwhile.
#[derive(Debug)]
pub(crate) struct SharedLock {
    file: Option<File>,
}

/// Held for as long as the stores of a folder are open.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    file: File,
}

impl DirectoryLock {
    /// Takes the lock of `folder` or says at once that another has it.
    pub(crate) fn take(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(FILE);
        let told = |source| OpenError::File { path: path.display().to_string(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(told)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.display().to_string())),
            Err(TryLockError::Error(source)) => Err(told(source)),
        }
    }
}

impl SharedLock {
    /// Takes the lock of `folder` beside other readers, or says at once that a server has it. Where no file can be made,
    /// on a medium that is read only, nobody writes, and there is nothing to lock.
    pub(crate) fn take(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(FILE);
        let told = |source| OpenError::File { path: path.display().to_string(), source };
        let opened = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                OpenOptions::new().create(true).truncate(false).write(true).open(&path)
            }
            opened => opened,
        };
        let file = match opened {
            Ok(file) => file,
            Err(error)
                if matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied) =>
            {
                return Ok(Self { file: None });
            }
            Err(error) => return Err(told(error)),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(Self { file: Some(file) }),
            Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.display().to_string())),
            Err(TryLockError::Error(source)) => Err(told(source)),
        }
    }
}

impl Drop for SharedLock {
    fn drop(&mut self) {
        if let Some(file) = &self.file {
            file.unlock().ok();
        }
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // Closing alone would leave the lock with a process that is just being started and still holds a copy of the file.
        self.file.unlock().ok();
    }
}
