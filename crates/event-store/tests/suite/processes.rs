//! Several processes on one store. A test that needs others runs this same program again, with the same test's name
//! and a task in the environment: the same function is then the child.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::UNIX_EPOCH;

use event_store::{Hash, Location, OpenError, Position, Stores};

use crate::concurrent::append_many;
use crate::make::{append, checked, events, stream};
use testing::{Folder, Place};

/// In a child: the store to append to.
const STORE: &str = "SUANPAN_SUITE_CHILD_STORE";
/// In a child: its number.
const NUMBER: &str = "SUANPAN_SUITE_CHILD_NUMBER";
/// Events a commit of the endless appender.
const COMMIT: u64 = 3;

/// Another process in the middle of this program's test of that name.
struct Other {
    process: Child,
    lines: Lines<BufReader<ChildStderr>>,
    /// Whatever else it said, such as why it failed.
    besides: Vec<String>,
}

impl Other {
    fn start(test: &str, store: &str, number: u64) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture", "--test-threads", "1"])
            .env(STORE, store)
            .env(NUMBER, number.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        Self { process, lines, besides: Vec::new() }
    }

    /// The next event that the other process says it has appended; `None` once it has ended.
    fn acknowledged(&mut self) -> Option<Acknowledged> {
        loop {
            let line = self.lines.next()?.unwrap();
            if let Some(read) = line.strip_prefix("appended ").and_then(Acknowledged::read) {
                return Some(read);
            }
            self.besides.push(line);
        }
    }

    /// SIGKILL; then everything it had still said.
    fn kill(mut self) -> Option<Acknowledged> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::iter::from_fn(|| self.acknowledged()).last()
    }
}

/// What another process said about one append.
#[derive(Clone, Copy)]
struct Acknowledged {
    position: u64,
    hash: Hash,
    /// When it said so, microseconds.
    at: u128,
}

impl Acknowledged {
    /// `None` if the line was cut off by the kill: that is no acknowledgement.
    fn read(text: &str) -> Option<Self> {
        let [position, hash, at, "."] = text.split(' ').collect::<Vec<_>>()[..] else { return None };
        Some(Self { position: position.parse().ok()?, hash: hash.parse().ok()?, at: at.parse().ok()? })
    }
}

fn now() -> u128 {
    UNIX_EPOCH.elapsed().unwrap().as_micros()
}

/// The child's part: where to append and as which number.
fn task() -> Option<(String, u64)> {
    let store = std::env::var(STORE).ok()?;
    Some((store, std::env::var(NUMBER).unwrap().parse().unwrap()))
}

/// Appends to a folder until killed, telling each commit that is said to be durable.
async fn append_for_ever(folder: String) {
    let stores = Stores::open(&Location::Folder(folder.into())).await.unwrap();
    let mut sequence = stores.log.head().await.unwrap().position.number();
    loop {
        let batch = append(&*stores.log, events(&stream("1"), sequence + 1, COMMIT)).await;
        sequence += COMMIT;
        eprintln!("appended {} {} {} .", batch.head().position, batch.head().hash, now());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_processes_append_to_one_database() {
    const PROCESSES: u64 = 4;
    const COMMITS: u64 = 40;
    if let Some((store, number)) = task() {
        let stores = Stores::open(&Location::postgres(&store).unwrap()).await.unwrap();
        append_many(&*stores.log, number, COMMITS).await;
        return stores.close().await;
    }
    // The children make the schemas, too: nothing is there when they start.
    let place = Place::postgres().await;
    let Place::Postgres(database) = &place else { panic!("a database was made") };
    let test = "processes::several_processes_append_to_one_database";
    let others: Vec<Other> =
        (0..PROCESSES).map(|number| Other::start(test, &database.url(), number)).collect();
    for mut other in others {
        let told: Vec<String> = other.lines.by_ref().map(Result::unwrap).collect();
        assert!(other.process.wait().unwrap().success(), "{told:#?}");
    }
    let stores = place.open().await;
    let all = checked(&*stores.log).await;
    assert_eq!(all.len(), usize::try_from(PROCESSES * COMMITS * 2).unwrap());
    for number in 0..PROCESSES {
        let own = stores.log.read_stream(&stream(&format!("own {number}")), 0, 1_000).await.unwrap();
        assert_eq!(own.len(), usize::try_from(COMMITS).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_process_leaves_everything_it_acknowledged() {
    if let Some((store, _)) = task() {
        return append_for_ever(store).await;
    }
    let folder = Folder::new();
    let place = folder.path().to_str().unwrap();
    for round in 1..=4_u64 {
        let test = "processes::a_killed_process_leaves_everything_it_acknowledged";
        let mut other = Other::start(test, place, round);
        let mut last = None;
        for _ in 0..round * 17 {
            last = other.acknowledged();
            assert!(last.is_some(), "the other process ended by itself: {:#?}", other.besides);
        }
        let Acknowledged { position, hash, .. } = other.kill().or(last).unwrap();

        let stores = Stores::open(&Location::Folder(place.into())).await.unwrap();
        let all = checked(&*stores.log).await;
        assert_eq!(all.len() % usize::try_from(COMMIT).unwrap(), 0, "a part of a commit");
        let acknowledged = all.iter().find(|event| event.position == Position::from_number(position));
        assert_eq!(acknowledged.expect("an acknowledged event").hash, hash);
        // At most the one commit that was under way is there besides.
        assert!(u64::try_from(all.len()).unwrap() <= position + COMMIT);
        stores.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_is_refused_and_the_first_goes_on() {
    if let Some((store, _)) = task() {
        return append_for_ever(store).await;
    }
    let folder = Folder::new();
    let place = folder.path().to_str().unwrap();
    let mut other = Other::start("processes::a_second_process_is_refused_and_the_first_goes_on", place, 1);
    let mut last = other.acknowledged().unwrap();
    for _ in 0..3 {
        let error = Stores::open(&Location::Folder(place.into())).await.err().expect("a refusal");
        assert!(matches!(error, OpenError::Locked(_)), "{error:?}");
        assert_eq!(error.to_string(), format!("{place} is in use by another process"));
        let refused_at = now();
        while last.at <= refused_at {
            last = other.acknowledged().unwrap();
        }
    }
    last = other.kill().unwrap_or(last);
    let stores = Stores::open(&Location::Folder(place.into())).await.unwrap();
    assert!(u64::try_from(checked(&*stores.log).await.len()).unwrap() >= last.position);
}
