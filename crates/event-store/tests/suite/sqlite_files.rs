//! The files of a folder: one owner, a bounded write-ahead file, and damage that is told instead of met with a panic.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_store::{AppendError, Batch, Location, OpenError, Position, StoreError, Stores};

use crate::make::{append, checked, commit, events, everything, stream};
use testing::Folder;

async fn open(folder: &Folder) -> Result<Stores, OpenError> {
    Stores::open(&Location::Folder(folder.path().to_owned())).await
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_owner_in_this_process_is_refused_and_the_first_goes_on() {
    let folder = Folder::new();
    let first = open(&folder).await.unwrap();
    append(&*first.log, events(&stream("1"), 1, 1)).await;
    let error = open(&folder).await.err().expect("a refusal");
    assert!(matches!(error, OpenError::Locked(_)), "{error:?}");
    append(&*first.log, events(&stream("1"), 2, 1)).await;
    assert_eq!(checked(&*first.log).await.len(), 2);
    first.close().await;
    drop(first);
    assert_eq!(checked(&*open(&folder).await.unwrap().log).await.len(), 2);
}

/// Keys and hashes are nobody else's; the log is for auditors, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_vault_is_its_owners_alone() {
    let folder = Folder::new();
    let stores = open(&folder).await.unwrap();
    stores.vault.forget_failures("nobody").await.unwrap();
    for name in ["vault.db", "vault.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

/// A lock whose file was removed holds nobody off, and what is written to a file that was replaced is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_finds_its_files_removed_or_replaced_writes_no_more() {
    for name in ["suanpan.lock", "log.db", "vault.db"] {
        let folder = Folder::new();
        let first = open(&folder).await.unwrap();
        append(&*first.log, events(&stream("1"), 1, 2)).await;
        let batch = Batch::seal(first.log.head().await.unwrap(), [commit(events(&stream("1"), 3, 1))]);
        let file = folder.path().join(name);
        if name != "suanpan.lock" {
            // As a restore does.
            std::fs::copy(&file, folder.path().join("copy.db")).unwrap();
            std::fs::rename(folder.path().join("copy.db"), &file).unwrap();
        } else {
            std::fs::remove_file(&file).unwrap();
        }
        for _ in 0..2 {
            let refused = first.log.append(&batch).await.unwrap_err();
            assert!(matches!(refused, AppendError::Unavailable(StoreError::Replaced)), "{name}: {refused:?}");
        }
        assert!(matches!(first.log.head().await, Err(StoreError::Replaced)), "{name}");
        assert_eq!(everything(&*first.log).await.len(), 2, "{name}: what was read before is read still");
        if name == "suanpan.lock" {
            let second = open(&folder).await.unwrap();
            append(&*second.log, events(&stream("1"), 3, 1)).await;
            assert!(first.log.append(&batch).await.is_err());
            first.close().await;
            second.close().await;
            drop((first, second));
            assert_eq!(checked(&*open(&folder).await.unwrap().log).await.len(), 3);
        }
    }
}

/// Another program's file is left as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_another_program_is_refused_and_left_alone() {
    for name in ["log.db", "vault.db"] {
        for table in ["messages", "events"] {
            let folder = Folder::new();
            let file = folder.path().join(name);
            let other = rusqlite::Connection::open(&file).unwrap();
            other
                .execute_batch(&format!("CREATE TABLE {table} (text TEXT); INSERT INTO {table} VALUES ('x')"))
                .unwrap();
            drop(other);
            let before = std::fs::read(&file).unwrap();
            let refused = open(&folder).await.err().expect("a refusal");
            assert!(matches!(refused, OpenError::Foreign(_)), "{name} {table}: {refused}");
            assert!(refused.to_string().contains(name), "{refused}");
            assert_eq!(std::fs::read(&file).unwrap(), before, "{name} {table}");
        }
        let folder = Folder::new();
        std::fs::write(folder.path().join(name), "no database at all, but long enough to be read as one")
            .unwrap();
        let refused = open(&folder).await.err().expect("a refusal").to_string();
        assert!(refused.contains(name) && !refused.contains('\n'), "{refused}");
    }
}

/// Whoever still holds the log can still write: the folder is not free before that has ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_folder_is_taken_for_as_long_as_its_log_is_used() {
    let folder = Folder::new();
    let stores = open(&folder).await.unwrap();
    let log = Arc::clone(&stores.log);
    drop(stores);
    append(&*log, events(&stream("1"), 1, 1)).await;
    assert!(matches!(open(&folder).await.err(), Some(OpenError::Locked(_))));
    drop(log);
    assert_eq!(checked(&*open(&folder).await.unwrap().log).await.len(), 1);
}

/// A process that is being started holds copies of this process's files for a moment: the lock must not stay with them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_folder_is_free_while_processes_are_started() {
    let folder = Folder::new();
    let done = Arc::new(AtomicBool::new(false));
    let starting = {
        let done = Arc::clone(&done);
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let mut command = Command::new(std::env::current_exe().unwrap());
                assert!(command.arg("--list").stdout(Stdio::null()).status().unwrap().success());
            }
        })
    };
    for round in 0..60 {
        let stores = open(&folder).await.unwrap_or_else(|error| panic!("round {round}: {error}"));
        stores.close().await;
    }
    done.store(true, Ordering::Relaxed);
    starting.join().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_ahead_file_stays_bounded_under_large_batches() {
    const WAL_BYTES_MAX: u64 = 1 << 20;
    let folder = Folder::new();
    let stores = open(&folder).await.unwrap();
    let wal = folder.path().join("log.db-wal");
    let mut largest = 0;
    for batch in 0..200 {
        append(&*stores.log, events(&stream("1"), batch * 100 + 1, 100)).await;
        largest = largest.max(size(&wal));
    }
    assert!(largest > 0, "the write-ahead file was never seen");
    assert!(largest < WAL_BYTES_MAX, "{largest} bytes");
    // It is written from its beginning again: another 20,000 events do not make it longer.
    for batch in 200..400 {
        append(&*stores.log, events(&stream("1"), batch * 100 + 1, 100)).await;
    }
    assert!(size(&wal) < WAL_BYTES_MAX, "{} bytes", size(&wal));
    assert_eq!(checked(&*stores.log).await.len(), 40_000);
}

/// One event a commit writes whole pages for it: the bound is on pages, not on events.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_ahead_file_stays_bounded_under_small_batches() {
    const WAL_BYTES_MAX: u64 = 1 << 20;
    let folder = Folder::new();
    let stores = open(&folder).await.unwrap();
    for sequence in 1..=1_800 {
        append(&*stores.log, events(&stream("1"), sequence, 1)).await;
    }
    let size = size(&folder.path().join("log.db-wal"));
    assert!(size < WAL_BYTES_MAX, "{size} bytes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_files_are_told() {
    for name in ["log.db", "vault.db", "views.db"] {
        let folder = Folder::new();
        let stores = open(&folder).await.unwrap();
        append(&*stores.log, events(&stream("1"), 1, 1)).await;
        stores.close().await;
        drop(stores);
        std::fs::write(folder.path().join(name), b"This is no database at all. ".repeat(400)).unwrap();
        let error = open(&folder).await.err().expect(name);
        assert!(matches!(error, OpenError::Unreadable { .. }), "{name}: {error:?}");
        let (told, file) = (error.to_string(), folder.path().join(name));
        assert!(told.starts_with(file.to_str().unwrap()) && !told.contains('\n'), "{told}");
        assert!(told.contains("not a database"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_that_are_no_folders_are_told() {
    let folder = Folder::new();
    let file = folder.path().join("a file");
    std::fs::write(&file, "text").unwrap();
    let error = Stores::open(&Location::Folder(file.clone())).await.err().expect("a refusal");
    assert!(matches!(error, OpenError::File { .. }), "{error:?}");
    assert!(error.to_string().starts_with(file.to_str().unwrap()), "{error}");

    std::fs::create_dir(folder.path().join("log.db")).unwrap();
    let error = open(&folder).await.err().expect("a refusal");
    assert!(matches!(error, OpenError::File { .. }), "{error:?}");
}

/// A log that lost a part of its file: the bytes that are missing are told when they are needed, without a panic.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_truncated_log_is_told() {
    let folder = Folder::new();
    let stores = open(&folder).await.unwrap();
    for batch in 0..10 {
        append(&*stores.log, events(&stream("1"), batch * 100 + 1, 100)).await;
    }
    stores.close().await;
    drop(stores);
    let path = folder.path().join("log.db");
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(size(&path) / 2).unwrap();
    match open(&folder).await {
        Err(error) => assert!(error.to_string().contains("malformed"), "{error}"),
        Ok(stores) => {
            let error = stores.log.read_all(Position::START, 10_000).await.unwrap_err();
            assert!(error.to_string().contains("malformed"), "{error}");
        }
    }
}

/// Somebody began to read and was gone before the answer came: the thread that reads still holds the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_reading_leaves_no_write_ahead_file_behind() {
    let folder = Folder::new();
    for round in 0..20 {
        let stores = open(&folder).await.unwrap();
        append(&*stores.log, events(&stream("1"), 1 + 1_000 * round, 1_000)).await;
        tokio::select! {
            biased;
            _ = stores.log.read_all(Position::START, 100_000) => {}
            () = std::future::ready(()) => {}
        }
        stores.close().await;
        assert!(!folder.path().join("log.db-wal").exists(), "round {round}");
        drop(stores);
    }
}

/// However late threads and tasks get their turn, none holds a file of a folder that was closed.
#[test]
fn a_folder_that_was_closed_is_at_rest() {
    let at_rest = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = Folder::new();
            for round in 0..40 {
                let stores = open(&folder).await.unwrap();
                append(&*stores.log, events(&stream("1"), 1 + round, 1)).await;
                // Some read still, and come too late or not.
                for _ in 0..round % 4 {
                    let log = Arc::clone(&stores.log);
                    tokio::spawn(async move { log.read_stream(&stream("1"), 0, 10).await });
                }
                for _ in 0..round % 3 {
                    tokio::task::yield_now().await;
                }
                stores.close().await;
                let mut left: Vec<_> = std::fs::read_dir(folder.path())
                    .unwrap()
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .collect();
                left.sort();
                assert_eq!(left, ["log.db", "suanpan.lock", "vault.db", "views.db"], "round {round}");
            }
        });
    };
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(at_rest);
        }
    });
}

/// As crates build it by themselves, one connection takes the room for pages that the others were promised.
#[test]
fn each_connection_has_pages_of_its_own() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let mut statement = connection.prepare("PRAGMA compile_options").unwrap();
    let options: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(options.iter().any(|option| option == "DEFAULT_MEMSTATUS=0"), "{options:?}");
    assert!(!options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
}
