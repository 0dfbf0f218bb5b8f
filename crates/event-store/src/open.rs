//! Opening a place: its log, its vault, its views.

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Acquire, Database, Pool};

use crate::copy::MOMENT_FILE;
use crate::error::OpenError;
use crate::postgres;
use crate::read_only::{ReadOnlyLog, file_read_only, open_views_read_only};
use crate::snapshot::Snapshots;
use crate::sql::Db;
use crate::sqlite::{self, DirectoryLock, SharedLock, SqliteLog};
use crate::store::EventStore;
use crate::vault::Vault;

/// Schema files by version; a file that was ever released is never changed.
pub(crate) type SchemaFiles = &'static [(i64, &'static str)];
pub(crate) const SQLITE_LOG: SchemaFiles = &[
    (1, include_str!("../migrations/sqlite/log/0001_log.sql")),
    (2, include_str!("../migrations/sqlite/log/0002_indexes.sql")),
    (3, include_str!("../migrations/sqlite/log/0003_fingerprints.sql")),
];
pub(crate) const POSTGRES_LOG: SchemaFiles = &[
    (1, include_str!("../migrations/postgres/log/0001_log.sql")),
    (2, include_str!("../migrations/postgres/log/0002_order.sql")),
];
pub(crate) const SQLITE_VAULT: SchemaFiles = &[
    (1, include_str!("../migrations/sqlite/vault/0001_vault.sql")),
    (2, include_str!("../migrations/sqlite/vault/0002_codes.sql")),
];
pub(crate) const POSTGRES_VAULT: SchemaFiles = &[
    (1, include_str!("../migrations/postgres/vault/0001_vault.sql")),
    (2, include_str!("../migrations/postgres/vault/0002_codes.sql")),
];

/// What those who only read may keep of sessions and attempts, in pages of 4 KiB.
const VAULT_PAGES_MAX: u32 = 16_384;

/// Where the stores are.
#[derive(Clone)]
pub enum Location {
    /// A folder with SQLite files.
    Folder(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<PgConnectOptions>),
}

impl Location {
    /// A PostgreSQL database by its address, `postgres://user@host:port/database`.
    ///
    /// # Errors
    /// [`OpenError::Address`]; the address itself, which may hold a password, is not told.
    pub fn postgres(address: &str) -> Result<Self, OpenError> {
        if !(address.starts_with("postgres://") || address.starts_with("postgresql://")) {
            return Err(OpenError::Address(
                "an address postgres://user@host:port/database is meant".to_owned(),
            ));
        }
        let options = PgConnectOptions::from_str(address)
            .map_err(|_| OpenError::Address("the postgres:// address does not read".to_owned()))?;
        // sqlx goes on without it: without TLS, if it was that.
        if let Some(name) = unknown_parameter(address) {
            return Err(OpenError::Address(format!("the address has a parameter that is not known: {name}")));
        }
        Ok(Self::Postgres(Box::new(options)))
    }
}

impl Location {
    /// Refuses a place where no log was ever begun.
    ///
    /// # Errors
    /// [`OpenError::Missing`], or the database cannot be asked.
    pub async fn require_log(&self) -> Result<(), OpenError> {
        let is_there = match self {
            Self::Folder(folder) => folder.join("log.db").is_file(),
            Self::Postgres(address) => postgres::holds_log(address).await?,
        };
        if is_there { Ok(()) } else { Err(OpenError::Missing(self.to_string())) }
    }

    /// Refuses a folder that holds a moment of the past: nothing may be added to it.
    ///
    /// # Errors
    /// [`OpenError::Past`].
    pub fn refuse_past(&self) -> Result<(), OpenError> {
        match self {
            Self::Folder(folder) if folder.join(MOMENT_FILE).exists() => {
                Err(OpenError::Past(folder.display().to_string()))
            }
            Self::Folder(_) | Self::Postgres(_) => Ok(()),
        }
    }
}

/// Tells the place without secrets.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Postgres(options) => {
                let database = options.get_database().unwrap_or_default();
                write!(f, "postgres://{}:{}/{database}", options.get_host(), options.get_port())
            }
        }
    }
}

/// Everything that is kept, open.
pub struct Stores {
    /// The truth.
    pub log: Arc<dyn EventStore>,
    /// Secrets that must be durable and erasable.
    pub vault: Vault,
    /// Rows derived from the log; may be lost at any time.
    pub views: Db,
    /// States of aggregates, kept among the views.
    pub snapshots: Snapshots,
    /// The folder's lock, if there is a folder; the log's writer holds it, too.
    _lock: Option<Arc<DirectoryLock>>,
    /// The folder's lock among those who only read.
    _shared_lock: Option<SharedLock>,
}

impl Stores {
    /// Opens the stores for reading and writing, creating them if they are missing.
    ///
    /// # Errors
    /// As [`OpenError`] says.
    pub async fn open(location: &Location) -> Result<Self, OpenError> {
        location.refuse_past()?;
        match location {
            Location::Folder(folder) => Self::open_folder(folder).await,
            Location::Postgres(address) => {
                postgres::prepare(address).await?;
                let views = postgres::open_db(address, "views", false).await?;
                Ok(Self {
                    log: Arc::new(postgres::PostgresLog::open(address).await?),
                    vault: Vault::new(postgres::open_db(address, "vault", true).await?),
                    snapshots: Snapshots::open(views.clone()).await?,
                    views,
                    _lock: None,
                    _shared_lock: None,
                })
            }
        }
    }

    async fn open_folder(folder: &Path) -> Result<Self, OpenError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| OpenError::File { path: folder.display().to_string(), source })?;
        let lock = Arc::new(DirectoryLock::take(folder)?);
        let [log_file, vault_file, views_file] =
            ["log.db", "vault.db", "views.db"].map(|name| folder.join(name));
        // Whatever tables the views have, ours are made anew among them.
        for (file, is_ours_alone) in [(&log_file, true), (&vault_file, true), (&views_file, false)] {
            require_writable(file)?;
            if sqlite::is_foreign(file)? && is_ours_alone {
                return Err(OpenError::Foreign(file.display().to_string()));
            }
        }
        let log = SqliteLog::open(&log_file, Arc::clone(&lock)).await?;
        let unusable = |source| OpenError::File { path: vault_file.display().to_string(), source };
        make_private(&vault_file).map_err(unusable)?;
        let vault = sqlite::open_db(&vault_file, "the vault").await?;
        if let Db::Sqlite { write, .. } = &vault {
            migrate(write, "the vault", SQLITE_VAULT).await?;
        }
        log.stands_beside(&vault_file).map_err(unusable)?;
        let views = sqlite::open_db(&views_file, "the views").await?;
        Ok(Self {
            log: Arc::new(log),
            vault: Vault::new(vault),
            snapshots: Snapshots::open(views.clone()).await?,
            views,
            _lock: Some(lock),
            _shared_lock: None,
        })
    }

    /// Opens stores that are there for reading alone: a folder that no server works in, and none can while it is open, or
    /// a database beside its servers. What must be kept meanwhile (sessions, counts of attempts) is kept in memory. Without
    /// a vault, or one that may be seen, there is nobody to be known.
    ///
    /// # Errors
    /// As [`OpenError`] says; [`OpenError::Missing`], too, if there are no views.
    pub async fn open_read_only(location: &Location) -> Result<Self, OpenError> {
        let lock = match location {
            Location::Folder(folder) if folder.join("log.db").is_file() => Some(SharedLock::take(folder)?),
            Location::Folder(_) => return Err(OpenError::Missing(location.to_string())),
            Location::Postgres(_) => None,
        };
        let log = ReadOnlyLog::open(location).await?;
        let keys = match location {
            Location::Folder(folder) => file_read_only(&folder.join("vault.db"), "the vault").await?,
            Location::Postgres(address) => postgres::vault_read_only(address).await?.map(Db::Postgres),
        };
        let none =
            || OpenError::Missing(format!("{location}: no views; a server makes them, or suanpan replay"));
        let views = open_views_read_only(location).await?.ok_or_else(none)?;
        let own = sqlite::memory_db("the vault", VAULT_PAGES_MAX).await?;
        if let Db::Sqlite { write, .. } = &own {
            migrate(write, "the vault", SQLITE_VAULT).await?;
        }
        Ok(Self {
            log: Arc::new(log),
            vault: Vault::beside(own, keys),
            views,
            snapshots: Snapshots::none(),
            _lock: None,
            _shared_lock: lock,
        })
    }

    /// Closes everything after what is under way.
    pub async fn close(&self) {
        self.log.close().await;
        self.vault.close().await;
        self.views.close().await;
    }
}

/// What an address may say behind its `?`, as sqlx reads it.
const PARAMETERS: [&str; 17] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
];

/// The name of the first parameter, of an address that reads, which sqlx does not know.
fn unknown_parameter(address: &str) -> Option<&str> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let is_option = |name: &str| {
        let front = name.get(..7).filter(|front| front.eq_ignore_ascii_case("options"));
        let rest = front.and_then(|_| name.get(7..));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '%']))
    };
    let mut names = query.split('&').filter_map(|pair| pair.split('=').next());
    names.find(|name| !name.is_empty() && !PARAMETERS.contains(name) && !is_option(name))
}

/// Refuses a file, or one that SQLite has left beside it, that is there and may not be written: SQLite would open it for reading.
fn require_writable(file: &Path) -> Result<(), OpenError> {
    for end in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        match OpenOptions::new().read(true).write(true).open(&name) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => {
                return Err(OpenError::File { path: Path::new(&name).display().to_string(), source });
            }
        }
    }
    Ok(())
}

/// Runs the schema files that the database has not seen yet.
pub(crate) async fn migrate<D: Database>(
    pool: &Pool<D>,
    store: &'static str,
    files: SchemaFiles,
) -> Result<(), OpenError>
where
    for<'a> &'a Pool<D>: Acquire<'a, Database = D>,
    <D as Database>::Connection: Migrate,
{
    let migrations = files
        .iter()
        .map(|&(version, text)| {
            Migration::new(version, "schema".into(), MigrationType::Simple, text.into(), false)
        })
        .collect();
    let migrator = Migrator { migrations, ..Migrator::DEFAULT };
    migrator.run(pool).await.map_err(|error| {
        if let MigrateError::VersionMissing(found) = error {
            OpenError::Newer { store, found }
        } else {
            OpenError::Migration { store, source: Box::new(error) }
        }
    })
}

/// Makes the file, if it is missing, for nobody but its owner; SQLite makes the files beside it alike.
fn make_private(path: &Path) -> io::Result<()> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(|_| ())
}
