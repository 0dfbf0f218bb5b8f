//! A throw-away PostgreSQL server: started in a temporary folder, gone without a trace however we end.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::programs;
use crate::scratch::Scratch;
use crate::shell::output;

/// What the server is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// A crash of the machine may lose everything: quick, for tests.
    None,
    /// PostgreSQL's defaults, for measurements.
    Full,
}

const READY_TIMEOUT: Duration = Duration::from_secs(300);
const START_ATTEMPTS: u32 = 5;

/// Makes the database, starts the server and holds it until standard input ends, which it does when we end, be it by a
/// signal that nobody can catch; then stops it and removes its folder. It runs in a process group of its own, so that
/// Ctrl-C reaches it through us alone. A server may not heed signals yet when we end: it is told again until it is gone.
const GUARDIAN: &str = r#"
exec 3<&0
leave() {
    : > "$2/ended"
    while read -r _; do :; done <&3
    rm -rf "$2"
    exit
}
"$1/initdb" -D "$2/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C $5 > "$2/server.log" 2>&1 3<&- || leave "$@"
"$1/postgres" -D "$2/data" -k "$2" -h 127.0.0.1 -p "$3" $4 > "$2/server.log" 2>&1 < /dev/null 3<&- &
server=$!
(
    while read -r _; do :; done <&3
    while test ! -e "$2/ended" && kill -QUIT $server 2> /dev/null; do sleep 0.1; done
) &
wait $server
leave "$@"
"#;

/// A running server. Dropping it stops it and removes its folder.
pub(crate) struct Cluster {
    guardian: Child,
    programs: PathBuf,
    port: u16,
    // Dropped last: it removes what the guardian could not.
    scratch: Scratch,
}

impl Cluster {
    /// Makes and starts one in `folder` (the system's temporary folder if none is named), with room for 300 connections.
    ///
    /// # Errors
    /// When PostgreSQL is missing or does not start: with the end of its log.
    pub(crate) fn start(durability: Durability, folder: Option<&Path>) -> Result<Cluster> {
        let owner = Owner::find()?;
        let programs = programs(owner.is_some())?;
        let temp_dir = std::env::temp_dir();
        let folder = folder.unwrap_or(&temp_dir);
        let mut last = None;
        for _ in 0..START_ATTEMPTS {
            match Cluster::attempt(durability, folder, &programs, owner.as_ref())? {
                Ok(cluster) => return Ok(cluster),
                // Somebody may take the port between our asking and the server's binding: then the next one is asked for.
                Err(log) if log.contains("could not bind") => last = Some(log),
                Err(log) => bail!("PostgreSQL did not start:\n{log}"),
            }
        }
        bail!("PostgreSQL found no free port:\n{}", last.unwrap_or_default())
    }

    /// A running server, or the end of the log of one that did not start.
    fn attempt(
        durability: Durability,
        folder: &Path,
        programs: &Path,
        owner: Option<&Owner>,
    ) -> Result<std::result::Result<Cluster, String>> {
        let scratch = Scratch::inside(folder, "postgres")?;
        if let Some(owner) = owner {
            chown(scratch.path(), Some(owner.user), Some(owner.group))?;
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let guardian = guard(programs, scratch.path(), owner, port, durability)?;
        let cluster = Cluster { guardian, programs: programs.to_owned(), port, scratch };
        let ready = cluster.wait_until_ready();
        Ok(if ready { Ok(cluster) } else { Err(last_lines(&cluster.folder().join("server.log"))) })
    }

    fn wait_until_ready(&self) -> bool {
        let deadline = Instant::now() + READY_TIMEOUT;
        let ended = self.folder().join("ended");
        let mut is_ready = Command::new(self.programs.join("pg_isready"));
        is_ready.args(["-q", "-h", "127.0.0.1", "-t", "1", "-p", &self.port.to_string()]);
        while Instant::now() < deadline && !ended.exists() {
            // Its socket, not its port alone: another program may have the port and answer.
            let own = self.folder().join(format!(".s.PGSQL.{}", self.port)).exists();
            if own && is_ready.status().is_ok_and(|status| status.success()) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    /// The address of its superuser.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Where its data lies.
    pub(crate) fn folder(&self) -> &Path {
        self.scratch.path()
    }

    /// The folder of the programs it runs from.
    pub(crate) fn programs(&self) -> &Path {
        &self.programs
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        stop(&mut self.guardian);
    }
}

/// Ends the guardian's input and waits until it has cleaned up.
fn stop(guardian: &mut Child) {
    drop(guardian.stdin.take());
    let _ended = guardian.wait();
}

/// The user to run as instead of root, which PostgreSQL refuses.
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    /// None when we are not root.
    fn find() -> Result<Option<Owner>> {
        let id = |words: &[&str]| -> Result<u32> {
            let text = output(Command::new("id").args(words))?;
            text.trim().parse().with_context(|| format!("id {} gave {text:?}", words.join(" ")))
        };
        if id(&["-u"])? != 0 {
            return Ok(None);
        }
        // Before the package is installed there is no such user: root installs it first.
        if id(&["-u", "postgres"]).is_err() {
            programs(true)?;
        }
        // Packages of other systems may have named theirs differently: any user but root will do.
        let name = if id(&["-u", "postgres"]).is_ok() { "postgres" } else { "nobody" };
        Ok(Some(Owner { user: id(&["-u", name])?, group: id(&["-g", name])? }))
    }

    fn lend(owner: Option<&Owner>, command: &mut Command) {
        if let Some(owner) = owner {
            command.uid(owner.user).gid(owner.group);
        }
    }
}

fn guard(
    programs: &Path,
    folder: &Path,
    owner: Option<&Owner>,
    port: u16,
    durability: Durability,
) -> Result<Child> {
    let (settings, making) = match durability {
        Durability::None => (
            "-c max_connections=300 -c fsync=off -c synchronous_commit=off -c full_page_writes=off",
            "--no-sync",
        ),
        Durability::Full => ("-c max_connections=300", ""),
    };
    let mut guardian = Command::new("sh");
    guardian.current_dir(folder).args(["-c", GUARDIAN, "guardian"]);
    guardian.arg(programs).arg(folder).arg(port.to_string()).arg(settings).arg(making);
    guardian.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    Owner::lend(owner, &mut guardian);
    guardian.spawn().with_context(|| match owner {
        Some(_) => format!("cannot start a server in {}: may the user postgres enter it?", folder.display()),
        None => format!("cannot start a server in {}", folder.display()),
    })
}

fn last_lines(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n")
}
