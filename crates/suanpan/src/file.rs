//! Files that are written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file in the making beside the one that it will become. Dropped without [`WholeFile::keep`], nothing is left of it.
pub(crate) struct WholeFile {
    path: PathBuf,
    draft: PathBuf,
    out: Option<BufWriter<File>>,
}

impl WholeFile {
    /// Begins a file that will stand at `path`.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        let name =
            path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file"))?;
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "a folder is there"));
        }
        let mut draft = name.to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        let draft = path.with_file_name(draft);
        let out = OpenOptions::new().write(true).create_new(true).open(&draft)?;
        Ok(Self { path: path.to_path_buf(), draft, out: Some(BufWriter::new(out)) })
    }

    /// Puts the file, durably, in its place.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        let Some(out) = self.out.take() else { return Ok(()) };
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&self.draft, &self.path)?;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if self.out.take().is_some() {
            std::fs::remove_file(&self.draft).ok();
        }
    }
}

/// Writes a whole file at once.
pub(crate) fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = WholeFile::begin(path)?;
    write(&mut file)?;
    file.keep()
}
