//! Finding PostgreSQL's programs, or installing them where that is the machine's own way.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell::{output, run, say};

/// Where Debian keeps a folder a version, each with `bin`.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// The programs a throw-away server needs.
const PROGRAMS: [&str; 4] = ["initdb", "postgres", "pg_ctl", "pg_isready"];

/// The folder with PostgreSQL's programs; installs them if they are missing and it can.
///
/// # Errors
/// When there are none and they cannot be installed: it says what to install.
pub(crate) fn programs(is_root: bool) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let debian = Path::new(DEBIAN_FOLDER);
    if let Some(folder) = find(&path, debian) {
        return Ok(folder);
    }
    if is_root {
        debian_install("postgresql")?;
        if let Some(folder) = find(&path, debian) {
            return Ok(folder);
        }
    }
    bail!(
        "PostgreSQL 13 or newer is needed, and {} are neither on PATH nor in {DEBIAN_FOLDER}/VERSION/bin.\n\
         Install it (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server; macOS: brew install postgresql),\n\
         or name the address of a server's superuser in SUANPAN_TEST_POSTGRES (postgres://USER@HOST:PORT/postgres).",
        PROGRAMS.join(", ")
    )
}

/// The first folder of `path` with all programs, else the newest of Debian's.
fn find(path: &[PathBuf], debian: &Path) -> Option<PathBuf> {
    let complete = |folder: &PathBuf| PROGRAMS.iter().all(|program| folder.join(program).is_file());
    if let Some(folder) = path.iter().find(|folder| complete(folder)) {
        return Some(folder.clone());
    }
    let versions = std::fs::read_dir(debian).ok()?.filter_map(Result::ok);
    let numbered = versions.filter_map(|entry| {
        let version: Vec<u32> =
            entry.file_name().to_str()?.split('.').map_while(|part| part.parse().ok()).collect();
        Some((version, entry.path().join("bin"))).filter(|(version, _)| !version.is_empty())
    });
    numbered.filter(|(_, folder)| complete(folder)).max().map(|(_, folder)| folder)
}

/// Installs a package where that is the machine's own way: as root on Debian. Elsewhere it does nothing.
///
/// # Errors
/// When the package cannot be installed.
pub(crate) fn debian_install(package: &str) -> Result<()> {
    let is_root = output(Command::new("id").arg("-u")).is_ok_and(|user| user.trim() == "0");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let apt = std::env::split_paths(&path).map(|folder| folder.join("apt-get")).find(|apt| apt.is_file());
    match apt.filter(|_| is_root && Path::new("/etc/debian_version").is_file()) {
        Some(apt) => install(&apt, package),
        None => Ok(()),
    }
}

/// Installs Debian's package, with fresh lists if the ones at hand do not know it.
fn install(apt: &Path, package: &str) -> Result<()> {
    say(&format!("{package} is missing: installing the package"));
    let apt_get = |words: &[&str]| {
        let mut command = Command::new(apt);
        run(command.env("DEBIAN_FRONTEND", "noninteractive").args(words))
    };
    let install = || apt_get(&["install", "--yes", "--no-install-recommends", package]);
    if install().is_ok() {
        return Ok(());
    }
    apt_get(&["update"])?;
    install()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::scratch::Scratch;

    fn with_programs(folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
        for program in PROGRAMS {
            std::fs::write(folder.join(program), "").unwrap();
        }
    }

    #[test]
    fn path_comes_first_then_the_newest_version() {
        let scratch = Scratch::new("find").unwrap();
        let (own, debian) = (scratch.path().join("own"), scratch.path().join("debian"));
        let path = [scratch.path().join("nothing"), own.clone()];
        assert_eq!(find(&path, &debian), None);
        for version in ["9.6", "15", "16", "contrib"] {
            with_programs(&debian.join(version).join("bin"));
        }
        std::fs::create_dir_all(debian.join("17/bin")).unwrap();
        assert_eq!(find(&path, &debian), Some(debian.join("16/bin")), "17 holds no programs");
        with_programs(&own);
        assert_eq!(find(&path, &debian), Some(own));
    }

    #[test]
    fn a_package_that_is_not_known_is_asked_for_again_with_fresh_lists() {
        let scratch = Scratch::new("install").unwrap();
        let (apt, log) = (scratch.path().join("apt-get"), scratch.path().join("log"));
        let script = format!(
            "#!/bin/sh\ncd {0}\necho \"$1\" >> log\ncase $1 in update) touch fresh;; install) test -e fresh;; esac\n",
            scratch.path().display()
        );
        std::fs::write(&apt, script).unwrap();
        std::fs::set_permissions(&apt, std::fs::Permissions::from_mode(0o755)).unwrap();
        install(&apt, "postgresql").unwrap();
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "install\nupdate\ninstall\n");
        install(&apt, "postgresql").unwrap();
        assert_eq!(std::fs::read_to_string(log).unwrap(), "install\nupdate\ninstall\ninstall\n");
    }
}
