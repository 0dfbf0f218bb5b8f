//! Files that are written whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file in the making beside the one that it will become. Dropped without [`WholeFile::keep`], nothing is left of it.
pub(crate) struct WholeFile {
    path: PathBuf,
    draft: PathBuf,
    out: Option<BufWriter<File>>,
    is_kept: bool,
}

impl WholeFile {
    /// Begins a file that will stand at `path`.
    pub(crate) fn begin(path: &Path) -> io::Result<Self> {
        // A link stays, and the file that it names is replaced.
        let found = path.canonicalize();
        let path = found.as_deref().unwrap_or(path);
        let name =
            path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "not a file"))?;
        if path.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "a folder is there"));
        }
        if path.exists() && !path.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file that could be replaced"));
        }
        let mut draft = name.to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        let draft = path.with_file_name(draft);
        let out = OpenOptions::new().write(true).create_new(true).open(&draft)?;
        Ok(Self { path: path.to_path_buf(), draft, out: Some(BufWriter::new(out)), is_kept: false })
    }

    /// Puts the file, durably, in its place.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        let Some(out) = self.out.take() else { return Ok(()) };
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&self.draft, &self.path)?;
        self.is_kept = true;
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
        if !self.is_kept {
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::path::Path;

    use testing::Folder;

    use super::{WholeFile, write_whole};

    fn names(folder: &Path) -> Vec<String> {
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_whole_or_nothing_is_left_of_it() {
        let folder = Folder::new();
        let path = folder.path().join("report");
        let failed = write_whole(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("as told"))
        });
        assert!(failed.is_err() && names(folder.path()).is_empty());
        write_whole(&path, |out| out.write_all(b"whole")).unwrap();
        write_whole(&path, |out| out.write_all(b"again")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"again");
        assert_eq!(names(folder.path()), ["report"]);
    }

    #[test]
    fn what_is_no_file_is_not_replaced_and_a_link_leads_to_what_is() {
        let folder = Folder::new();
        let socket = folder.path().join("socket");
        let _listener = UnixListener::bind(&socket).unwrap();
        assert!(WholeFile::begin(&socket).is_err() && WholeFile::begin(folder.path()).is_err());
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        write_whole(&link, |out| out.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"new");
        assert!(link.is_symlink());
        assert_eq!(names(folder.path()), ["file", "link", "socket"]);
    }
}
