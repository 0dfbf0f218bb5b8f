//! The vault: what is put in comes out until it is erased, and wrong attempts are counted as promised.

use std::time::Duration;

use event_store::{Attempts, OneTimeCode, Session, Stores, Vault};
use kernel::{AccountId, Timestamp};
use tokio::task::JoinSet;

use testing::{Place, on_both};

on_both!(
    passwords_are_replaced,
    sessions_end,
    a_session_rests_on_what_let_it_in,
    data_keys_are_kept_once,
    all_servers_get_the_same_house_key,
    an_erased_account_has_nothing_left,
    attempts_lock_and_unlock,
    attempts_that_could_not_be_made_are_taken_back,
    a_lock_outlives_what_is_forgotten,
    the_first_attempt_may_lock,
    concurrent_attempts_are_all_counted,
    a_code_works_once_and_in_its_time,
    one_of_many_takes_a_code,
    the_sixth_sending_waits,
    sweeping_leaves_what_counts,
    it_is_there_after_opening_again,
);

fn account(number: u64) -> AccountId {
    number.try_into().unwrap()
}

/// A moment so many seconds after an arbitrary one.
fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(1_781_771_729_970_123).plus_seconds(second)
}

/// Gives accounts their data keys, without which they have nothing else.
async fn open(vault: &Vault, accounts: impl IntoIterator<Item = u64>) {
    for number in accounts {
        let key = [u8::try_from(number).unwrap(); 32];
        vault.save_data_key(account(number), &key, at(0)).await.unwrap();
    }
}

async fn passwords_are_replaced(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    assert_eq!(vault.password(account(1)).await.unwrap(), None);
    assert!(!vault.save_password(account(1), "$argon2id$first", at(0)).await.unwrap(), "nobody's");
    assert_eq!(vault.password(account(1)).await.unwrap(), None);
    open(vault, [1, 2]).await;
    assert!(vault.save_password(account(1), "$argon2id$first", at(0)).await.unwrap());
    assert!(vault.save_password(account(2), "$argon2id$other", at(0)).await.unwrap());
    assert!(vault.save_password(account(1), "$argon2id$second", at(1)).await.unwrap());
    assert_eq!(vault.password(account(1)).await.unwrap().as_deref(), Some("$argon2id$second"));
    assert_eq!(vault.password(account(2)).await.unwrap().as_deref(), Some("$argon2id$other"));
}

async fn sessions_end(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    let session = |number, end| Session { account: account(number), expires_at: at(end) };
    open(vault, [1, 2]).await;
    for (token, opened) in
        [(1, session(1, 10)), (2, session(1, 20)), (3, session(2, 20)), (4, session(2, 20))]
    {
        assert!(vault.open_session(&[token; 32], opened, None, at(0)).await.unwrap());
    }
    assert_eq!(vault.session(&[1; 32], at(9)).await.unwrap(), Some(session(1, 10)));
    assert_eq!(vault.session(&[1; 32], at(10)).await.unwrap(), None, "expired");
    assert_eq!(vault.session(&[9; 32], at(0)).await.unwrap(), None, "never opened");
    vault.open_session(&[1; 32], session(2, 30), None, at(0)).await.expect_err("a token opens one session");
    let mut found = vault.sessions(&[[4; 32], [9; 32], [1; 32], [2; 32]], at(10)).await.unwrap();
    found.sort_unstable_by_key(|(token, _)| *token);
    assert_eq!(found, [([2; 32], session(1, 20)), ([4; 32], session(2, 20))]);
    assert_eq!(vault.sessions(&[], at(0)).await.unwrap(), []);

    vault.end_session(&[3; 32]).await.unwrap();
    assert_eq!(vault.session(&[3; 32], at(0)).await.unwrap(), None);
    assert_eq!(vault.session(&[4; 32], at(0)).await.unwrap(), Some(session(2, 20)));
    vault.end_sessions(account(1)).await.unwrap();
    assert_eq!(vault.session(&[1; 32], at(0)).await.unwrap(), None);
    assert_eq!(vault.session(&[2; 32], at(0)).await.unwrap(), None);
    assert_eq!(vault.session(&[4; 32], at(0)).await.unwrap(), Some(session(2, 20)));
    vault.end_session(&[3; 32]).await.unwrap();
}

async fn a_session_rests_on_what_let_it_in(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    open(vault, [1]).await;
    vault.save_password(account(1), "first", at(0)).await.unwrap();
    let session = Session { account: account(1), expires_at: at(10) };
    let begin = async |token: u8, hash: Option<&str>| {
        let opened = vault.open_session(&[token; 32], session, hash, at(0)).await.unwrap();
        assert_eq!(vault.session(&[token; 32], at(0)).await.unwrap().is_some(), opened);
        opened
    };
    assert!(begin(1, Some("first")).await && begin(2, None).await);
    assert!(!begin(3, Some("second")).await);
    vault.save_password(account(1), "second", at(1)).await.unwrap();
    assert!(!begin(4, Some("first")).await, "the password was changed meanwhile");
    assert!(begin(5, Some("second")).await);
    vault.erase_account(account(1)).await.unwrap();
    assert!(!begin(6, Some("second")).await && !begin(7, None).await);
}

/// PostgreSQL reads one session of many by its key; a server asks thousands of times a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_of_many_is_found_by_its_key() {
    const LOOKS: u8 = 20;
    let place = Place::postgres().await;
    let stores = place.open().await;
    let many = "INSERT INTO sessions SELECT sha256(number::text::bytea), number, 0, 9000000000000000000
        FROM generate_series(1, 10000) AS number";
    place.run("vault", many).await.unwrap();
    place.run("vault", "ANALYZE sessions").await.unwrap();
    for token in 0..LOOKS {
        assert_eq!(stores.vault.session(&[token; 32], at(0)).await.unwrap(), None);
    }
    // What a connection has read is told when it ends.
    stores.close().await;
    let Place::Postgres(database) = &place else { panic!("not a database") };
    let mut connection = database.connect("vault").await;
    let read = "SELECT coalesce(sum(idx_scan) FILTER (WHERE indexrelname = 'sessions_pkey'), 0)::bigint,
        coalesce(sum(idx_tup_read) FILTER (WHERE indexrelname <> 'sessions_pkey'), 0)::bigint
        FROM pg_stat_user_indexes WHERE relname = 'sessions'";
    let told = async {
        loop {
            let (by_key, otherwise): (i64, i64) =
                sqlx::query_as(read).fetch_one(&mut connection).await.unwrap();
            assert_eq!(otherwise, 0, "rows read by another index");
            if by_key >= i64::from(LOOKS) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("looks by the key");
}

async fn data_keys_are_kept_once(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    assert_eq!(vault.data_key(account(1)).await.unwrap(), None);
    assert!(vault.save_data_key(account(1), &[1; 32], at(0)).await.unwrap());
    assert!(!vault.save_data_key(account(1), &[2; 32], at(0)).await.unwrap());
    assert_eq!(vault.data_key(account(1)).await.unwrap(), Some([1; 32]));
    assert_eq!(vault.data_key(account(2)).await.unwrap(), None);
}

async fn all_servers_get_the_same_house_key(place: &Place) {
    let stores = place.open().await;
    // Only PostgreSQL has several servers; a folder has several handles.
    let second = if place.is_postgres() { Some(place.open().await) } else { None };
    let vaults = [&stores.vault, second.as_ref().map_or(&stores.vault, |second| &second.vault)];
    let mut offers = JoinSet::new();
    for number in 0..10_u8 {
        let vault = Vault::clone(vaults[usize::from(number % 2)]);
        offers.spawn(async move { vault.house_key("phones", &[number + 1; 32]).await.unwrap() });
    }
    let keys = offers.join_all().await;
    assert!((1..=10).contains(&keys[0][0]));
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!(stores.vault.house_key("phones", &[99; 32]).await.unwrap(), keys[0]);
    assert_eq!(stores.vault.house_key("sessions", &[99; 32]).await.unwrap(), [99; 32]);
}

async fn an_erased_account_has_nothing_left(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    for number in [1, 2] {
        let token = [u8::try_from(number).unwrap(); 32];
        vault.save_data_key(account(number), &token, at(0)).await.unwrap();
        vault.save_password(account(number), "hash", at(0)).await.unwrap();
        let session = Session { account: account(number), expires_at: at(10) };
        vault.open_session(&token, session, None, at(0)).await.unwrap();
    }
    vault.erase_account(account(1)).await.unwrap();
    vault.erase_account(account(1)).await.unwrap();
    assert_eq!(vault.password(account(1)).await.unwrap(), None);
    assert_eq!(vault.data_key(account(1)).await.unwrap(), None);
    assert_eq!(vault.session(&[1; 32], at(0)).await.unwrap(), None);
    assert!(vault.password(account(2)).await.unwrap().is_some());
    assert_eq!(vault.data_key(account(2)).await.unwrap(), Some([2; 32]));
    assert!(vault.session(&[2; 32], at(0)).await.unwrap().is_some());
}

const NEVER: i64 = -1_000_000;

/// A wrong attempt at second `now`: three in a row lock for 100 seconds, and failures are forgotten after `memory`.
async fn wrong(vault: &Vault, now: i64, memory: i64) -> Attempts {
    vault.count_failure("subject", at(now), at(now - memory), 3, at(now + 100)).await.unwrap()
}

fn failures(count: u64) -> Attempts {
    Attempts { failures: count, locked_until: Timestamp::default() }
}

async fn attempts_lock_and_unlock(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    assert_eq!(vault.attempts("subject").await.unwrap(), Attempts::default());
    assert_eq!(wrong(vault, 0, 60).await, failures(1));
    assert_eq!(wrong(vault, 1, 60).await, failures(2));
    vault.count_failure("another", at(1), at(NEVER), 3, at(101)).await.unwrap();
    let locked = wrong(vault, 2, 60).await;
    assert_eq!(locked, Attempts { failures: 3, locked_until: at(102) });
    assert_eq!(vault.attempts("subject").await.unwrap(), locked);
    assert_eq!(vault.attempts("another").await.unwrap(), failures(1));

    // One more while it is locked: still locked, and longer.
    assert_eq!(wrong(vault, 50, 60).await, Attempts { failures: 4, locked_until: at(150) });
    // The lock has ended: counting begins again.
    assert_eq!(wrong(vault, 150, 600).await, failures(1));
    assert_eq!(wrong(vault, 151, 600).await, failures(2));
    // Long after the last one, those before are forgotten.
    assert_eq!(wrong(vault, 300, 60).await, failures(1));
    assert_eq!(wrong(vault, 301, 60).await, failures(2));
    vault.forget_failures("subject").await.unwrap();
    assert_eq!(vault.attempts("subject").await.unwrap(), Attempts::default());
    assert_eq!(wrong(vault, 302, 60).await, failures(1));
    assert_eq!(vault.attempts("another").await.unwrap(), failures(1));
}

async fn attempts_that_could_not_be_made_are_taken_back(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    // Nothing was counted, so nothing is taken back.
    vault.take_failure_back("subject", 3).await.unwrap();
    assert_eq!(vault.attempts("subject").await.unwrap(), Attempts::default());
    assert_eq!(wrong(vault, 0, 60).await, failures(1));
    assert_eq!(wrong(vault, 1, 60).await, failures(2));
    vault.take_failure_back("subject", 3).await.unwrap();
    vault.take_failure_back("another", 3).await.unwrap();
    assert_eq!(vault.attempts("subject").await.unwrap(), failures(1));
    // The one that locked opens again; one that came while it was locked does not.
    assert_eq!(wrong(vault, 2, 60).await, failures(2));
    assert_eq!(wrong(vault, 3, 60).await, Attempts { failures: 3, locked_until: at(103) });
    vault.take_failure_back("subject", 3).await.unwrap();
    assert_eq!(vault.attempts("subject").await.unwrap(), failures(2));
    assert_eq!(wrong(vault, 4, 60).await, Attempts { failures: 3, locked_until: at(104) });
    assert_eq!(wrong(vault, 5, 60).await, Attempts { failures: 4, locked_until: at(105) });
    vault.take_failure_back("subject", 3).await.unwrap();
    assert_eq!(vault.attempts("subject").await.unwrap(), Attempts { failures: 3, locked_until: at(105) });
}

/// A lock that lasts longer than failures are remembered is not opened by one more failure.
async fn a_lock_outlives_what_is_forgotten(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    for now in 0..3 {
        wrong(vault, now, 10).await;
    }
    assert_eq!(vault.attempts("subject").await.unwrap().locked_until, at(102));
    let attempts = wrong(vault, 60, 10).await;
    assert!(attempts.locked_until >= at(102), "{attempts:?}");
    assert_eq!(wrong(vault, 160, 10).await, failures(1));
}

async fn the_first_attempt_may_lock(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    for now in [0, 200] {
        let locked = vault.count_failure("subject", at(now), at(NEVER), 1, at(now + 100)).await.unwrap();
        assert_eq!(locked, Attempts { failures: 1, locked_until: at(now + 100) });
    }
}

async fn concurrent_attempts_are_all_counted(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    let mut attempts = JoinSet::new();
    for _ in 0..20 {
        let vault = vault.clone();
        attempts.spawn(async move { vault.count_failure("s", at(0), at(NEVER), 20, at(9)).await.unwrap() });
    }
    let mut counted: Vec<u64> = attempts.join_all().await.iter().map(|attempts| attempts.failures).collect();
    counted.sort_unstable();
    assert_eq!(counted, (1..=20).collect::<Vec<_>>());
    assert_eq!(vault.attempts("s").await.unwrap(), Attempts { failures: 20, locked_until: at(9) });
}

fn code(code: &str, end: i64) -> OneTimeCode {
    OneTimeCode { code: code.to_owned(), rand: "r".to_owned(), expires_at: at(end) }
}

async fn a_code_works_once_and_in_its_time(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    vault.save_code("sms", "a", &code("1", 10)).await.unwrap();
    vault.save_code("sms", "b", &code("2", 10)).await.unwrap();
    vault.save_code("captcha", "a", &code("3", 10)).await.unwrap();
    assert_eq!(vault.code("sms", "a", at(9)).await.unwrap(), Some(code("1", 10)));
    assert_eq!(vault.code("sms", "a", at(10)).await.unwrap(), None, "expired");
    assert!(!vault.take_code("sms", "a", &code("1", 10), at(10)).await.unwrap(), "expired");
    assert!(!vault.take_code("sms", "a", &code("9", 10), at(9)).await.unwrap(), "another code");
    vault.save_code("sms", "a", &code("4", 20)).await.unwrap();
    assert!(!vault.take_code("sms", "a", &code("1", 10), at(9)).await.unwrap(), "replaced");
    assert!(vault.take_code("sms", "a", &code("4", 20), at(19)).await.unwrap());
    assert!(!vault.take_code("sms", "a", &code("4", 20), at(19)).await.unwrap(), "used");
    assert_eq!(vault.code("captcha", "a", at(9)).await.unwrap(), Some(code("3", 10)), "another kind");
    vault.sweep(at(10), at(0)).await.unwrap();
    assert_eq!(vault.code("sms", "b", at(0)).await.unwrap(), None, "swept");
}

async fn one_of_many_takes_a_code(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    vault.save_code("sms", "a", &code("1", 10)).await.unwrap();
    let mut takers = JoinSet::new();
    for _ in 0..16 {
        let vault = vault.clone();
        takers.spawn(async move { vault.take_code("sms", "a", &code("1", 10), at(0)).await.unwrap() });
    }
    assert_eq!(takers.join_all().await.into_iter().filter(|taken| *taken).count(), 1);
}

async fn the_sixth_sending_waits(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    let send = async |second| vault.count_sending("a", at(second), at(second - 600)).await.unwrap();
    for second in [0, 1, 100, 200, 599] {
        assert!(send(second).await, "{second}");
    }
    assert!(!send(599).await);
    assert!(send(600).await, "the first is ten minutes ago");
    assert!(send(601).await);
    assert!(!send(602).await);
    assert!(vault.count_sending("b", at(602), at(2)).await.unwrap(), "somebody else");
    let mut senders = JoinSet::new();
    for _ in 0..16 {
        let vault = vault.clone();
        senders.spawn(async move { vault.count_sending("c", at(0), at(-600)).await.unwrap() });
    }
    assert_eq!(senders.join_all().await.into_iter().filter(|sent| *sent).count(), 5);
    vault.sweep(at(0), at(601)).await.unwrap();
    assert!(vault.count_sending("a", at(602), at(2)).await.unwrap(), "forgotten");
}

async fn sweeping_leaves_what_counts(place: &Place) {
    let Stores { vault, .. } = &place.open().await;
    open(vault, [1]).await;
    for (token, end) in [(1, 10), (2, 11)] {
        let session = Session { account: account(1), expires_at: at(end) };
        vault.open_session(&[token; 32], session, None, at(0)).await.unwrap();
    }
    for (subject, now, limit) in [("old", 0, 9), ("locked", 0, 1), ("new", 6, 9)] {
        vault.count_failure(subject, at(now), at(NEVER), limit, at(20)).await.unwrap();
    }
    vault.sweep(at(10), at(5)).await.unwrap();
    // Looked at from before the end, so that only the sweep can have removed it.
    assert_eq!(vault.session(&[1; 32], at(0)).await.unwrap(), None);
    assert!(vault.session(&[2; 32], at(0)).await.unwrap().is_some());
    assert_eq!(vault.attempts("old").await.unwrap(), Attempts::default());
    assert_eq!(vault.attempts("locked").await.unwrap().locked_until, at(20));
    assert_eq!(vault.attempts("new").await.unwrap(), failures(1));
    vault.sweep(at(20), at(20)).await.unwrap();
    assert_eq!(vault.attempts("locked").await.unwrap(), Attempts::default());
}

async fn it_is_there_after_opening_again(place: &Place) {
    let stores = place.open().await;
    stores.vault.save_data_key(account(1), &[5; 32], at(0)).await.unwrap();
    stores.vault.save_password(account(1), "hash", at(0)).await.unwrap();
    let key = stores.vault.house_key("phones", &[1; 32]).await.unwrap();
    stores.close().await;
    drop(stores);
    let stores = place.open().await;
    assert_eq!(stores.vault.password(account(1)).await.unwrap().as_deref(), Some("hash"));
    assert_eq!(stores.vault.data_key(account(1)).await.unwrap(), Some([5; 32]));
    assert_eq!(stores.vault.house_key("phones", &[2; 32]).await.unwrap(), key);
}

/// An erased key must not be found in the files any more, not even in the write-ahead file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn erased_secrets_are_gone_from_the_files() {
    let folder = testing::Folder::new();
    let stores = Stores::open(&event_store::Location::Folder(folder.path().to_owned())).await.unwrap();
    let (key, password) = (*b"the data key of account number 1", "$argon2id$v=19$the-password-hash");
    stores.vault.save_data_key(account(1), &key, at(0)).await.unwrap();
    stores.vault.save_password(account(1), password, at(0)).await.unwrap();
    assert!(holds(folder.path(), &key) && holds(folder.path(), password.as_bytes()));
    stores.vault.erase_account(account(1)).await.unwrap();
    assert!(!holds(folder.path(), &key), "the data key is still in a file");
    assert!(!holds(folder.path(), password.as_bytes()), "the password hash is still in a file");
}

/// Whether any file of the folder holds these bytes.
fn holds(folder: &std::path::Path, needle: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}
