//! The files the sandbox remembers things in: JSON lines, only ever appended to. Sandboxes that share one
//! take turns under a lock on the file and read what the others wrote first. They survive the killing of a process, not the loss of power.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::SandboxError;
use super::orders::{Order, Payment};

const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Entry {
    Ordered(Order),
    Paid { out_trade_no: String, payment: Payment },
    Closed { out_trade_no: String },
}

/// What is folded from the entries of a file.
pub(super) trait Memory: Send + 'static {
    /// The file's name, without its folder.
    const FILE: &'static str;
    /// What its lines hold.
    type Entry: Serialize + DeserializeOwned + Send + 'static;

    /// Folds one entry in.
    fn apply(&mut self, entry: Self::Entry);
}

/// Something remembered, in memory and on disk.
#[derive(Debug)]
pub(super) struct Journal<M>(Mutex<Book<M>>);

#[derive(Debug)]
struct Book<M> {
    file: File,
    /// How much of the file is in `memory`.
    offset: u64,
    memory: M,
}

fn failed<M: Memory>(source: io::Error) -> SandboxError {
    SandboxError::Memory { file: M::FILE, source }
}

impl<M: Memory> Journal<M> {
    /// Reads the file in `data_dir`, which is made if it is missing, into `memory`, which knows nothing yet.
    pub(super) fn open(data_dir: &Path, memory: M) -> Result<Self, SandboxError> {
        fs::create_dir_all(data_dir).map_err(failed::<M>)?;
        let path = data_dir.join(M::FILE);
        let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(failed::<M>)?;
        let journal = Self(Mutex::new(Book { file, offset: 0, memory }));
        journal.decide(|_| (None, ()))?;
        Ok(journal)
    }

    /// Runs `decide` on all that is known by now and writes down the entry it gives.
    pub(super) fn decide<R>(
        &self,
        decide: impl FnOnce(&M) -> (Option<M::Entry>, R),
    ) -> Result<R, SandboxError> {
        // A decision that panicked changed nothing: entries are applied whole.
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.file.lock().map_err(failed::<M>)?;
        let decided = book.decide(decide);
        book.file.unlock().map_err(failed::<M>)?;
        decided
    }
}

impl<M: Memory> Book<M> {
    fn decide<R>(&mut self, decide: impl FnOnce(&M) -> (Option<M::Entry>, R)) -> Result<R, SandboxError> {
        self.catch_up()?;
        let (entry, decided) = decide(&self.memory);
        if let Some(entry) = entry {
            self.append(entry)?;
        }
        Ok(decided)
    }

    /// Reads what was written since, by us before a restart or by others.
    fn catch_up(&mut self) -> Result<(), SandboxError> {
        let length = self.file.metadata().map_err(failed::<M>)?.len();
        let begun_at = self.offset;
        if length < begun_at {
            return Err(SandboxError::Damaged { file: M::FILE, line: 1, offset: length });
        }
        let mut reader = BufReader::new(&self.file);
        reader.seek(SeekFrom::Start(begun_at)).map_err(failed::<M>)?;
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(failed::<M>)?;
            if read == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                // The writer was killed in the middle: the lock says that nobody is writing now, and nobody was told it was done.
                self.file.set_len(self.offset).map_err(failed::<M>)?;
                break;
            }
            let entry = serde_json::from_slice(&line).map_err(|_| SandboxError::Damaged {
                file: M::FILE,
                line: number,
                offset: begun_at,
            })?;
            self.memory.apply(entry);
            self.offset += read as u64;
        }
        Ok(())
    }

    fn append(&mut self, entry: M::Entry) -> Result<(), SandboxError> {
        let mut line = serde_json::to_vec(&entry).map_err(|error| failed::<M>(error.into()))?;
        line.push(b'\n');
        if self.offset + line.len() as u64 > FILE_BYTES_MAX {
            return Err(SandboxError::Full);
        }
        if let Err(error) = self.file.write_all(&line) {
            // What was half written must not stand before the next entry; if this fails too, the next reader cuts it off.
            let _cut_by_the_next = self.file.set_len(self.offset);
            return Err(failed::<M>(error));
        }
        self.offset += line.len() as u64;
        self.memory.apply(entry);
        Ok(())
    }
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
