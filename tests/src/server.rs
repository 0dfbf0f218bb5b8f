//! The product's server as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use testing::Database;

use crate::client::Client;

/// Longer than the product itself may take, however slow the disk is.
const START_TIMEOUT: Duration = Duration::from_secs(180);
const STOP_TIMEOUT: Duration = Duration::from_secs(60);

/// Where a server keeps what it knows; it outlives the server.
#[derive(Debug)]
pub enum Place {
    /// SQLite in a folder.
    Folder(TempDir),
    /// PostgreSQL, and a folder for what is kept in files.
    Postgres(Database, TempDir),
}

impl Place {
    /// A fresh folder.
    #[must_use]
    pub fn folder() -> Self {
        Self::Folder(temporary())
    }

    /// A fresh database.
    pub async fn postgres() -> Self {
        Self::Postgres(Database::create().await, temporary())
    }

    /// Both kinds, fresh.
    pub async fn both() -> [Self; 2] {
        [Self::folder(), Self::postgres().await]
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(folder) | Self::Postgres(_, folder) => folder.path(),
        }
    }

    /// The options that name this place to a command.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--data".to_owned(), self.path().display().to_string()];
        if let Self::Postgres(database, _) = self {
            arguments.extend(["--store".to_owned(), database.url()]);
        }
        arguments
    }
}

/// An address, with a free port still to be chosen, at which nothing else is started: a port of it can be given up and taken
/// again. Only Linux has so many addresses of its own.
#[must_use]
pub fn own_address() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    if cfg!(target_os = "linux") {
        format!("127.{}.{}.{}:0", 1 + std::process::id() % 254, count / 254, 1 + count % 254)
    } else {
        "127.0.0.1:0".to_owned()
    }
}

/// How a server is started.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    /// Further options of `serve`.
    pub arguments: Vec<String>,
    /// Variables of its environment.
    pub variables: Vec<(String, String)>,
}

impl ServerOptions {
    /// With the demonstration data.
    #[must_use]
    pub fn demo() -> Self {
        Self { arguments: vec!["--demo".to_owned()], ..Self::default() }
    }

    /// With one more option.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }

    /// With one more variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// A running server; killed with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    told: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts the server, on a free port unless the options name one, and waits until it is ready.
    ///
    /// # Errors
    /// What it said on standard error, if it ended instead.
    pub fn start(place: &Place, options: &ServerOptions) -> Result<Self, String> {
        let mut command = Command::new(binary());
        command.arg("serve").args(place.arguments()).args(&options.arguments);
        if !options.arguments.iter().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.envs(options.variables.iter().cloned());
        Self::start_command(command)
    }

    /// Starts a command that ends up as a server.
    ///
    /// # Errors
    /// What it said on standard error, if it ended instead.
    pub fn start_command(mut command: Command) -> Result<Self, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let told = Arc::new(Mutex::new(Vec::new()));
        let (ready, address) = mpsc::channel();
        if let Some(stderr) = child.stderr.take() {
            let told = Arc::clone(&told);
            std::thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    if let Some(address) = line.strip_prefix("listening on ") {
                        ready.send(address.to_owned()).ok();
                    }
                    told.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            });
        }
        match address.recv_timeout(START_TIMEOUT) {
            Ok(address) => Ok(Self { child, address, told }),
            Err(_) => {
                child.kill().ok();
                child.wait().ok();
                std::thread::sleep(Duration::from_millis(50));
                Err(told.lock().unwrap_or_else(PoisonError::into_inner).join("\n"))
            }
        }
    }

    /// The server's address with a path behind it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The host and port it listens on.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.address.trim_start_matches("http://")
    }

    /// A client of it without a session.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// What it has said on standard error.
    #[must_use]
    pub fn told(&self) -> String {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// Its process id.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a power cut would: no signal that it could catch.
    pub fn kill(mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Asks it to end and waits until it has.
    ///
    /// # Errors
    /// It does not end in time.
    pub fn terminate(mut self) -> Result<ExitStatus, String> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        asked.map_err(|error| error.to_string())?;
        let deadline = Instant::now() + STOP_TIMEOUT;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("the server does not end:\n{}", self.told()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The product's binary: the one that `SUANPAN_TEST_BINARY` names (`cargo xtask test` has Cargo build it with all tests), or
/// one built now.
///
/// # Panics
/// If it does not build.
#[expect(clippy::expect_used, clippy::panic, reason = "tests of a product that does not build have failed")]
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(built) = std::env::var_os("SUANPAN_TEST_BINARY") {
            return PathBuf::from(built);
        }
        let this = std::env::current_exe().expect("a running test has a path");
        let profile_folder = this
            .ancestors()
            .find(|folder| folder.ends_with("debug") || folder.ends_with("release"))
            .expect("tests are run from the target folder");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "suanpan", "--bin", "suanpan"]);
        if profile_folder.ends_with("release") {
            build.arg("--release");
        }
        if let Some(target) = profile_folder.parent() {
            build.arg("--target-dir").arg(target);
        }
        build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        if !build.status().expect("cargo runs").success() {
            panic!("the product does not build");
        }
        profile_folder.join("suanpan")
    })
}

#[expect(clippy::expect_used, reason = "a test without a folder is a failed test")]
fn temporary() -> TempDir {
    tempfile::Builder::new().prefix("suanpan-test-").tempdir().expect("a temporary folder")
}
