//! Stores that are only read, logs that end earlier than they do, and logs copied up to a position.

use std::sync::Arc;

use event_store::{
    AnswerCursor, AppendError, Batch, CopyError, Location, MOMENT_FILE, OpenError, Position, ReadOnlyLog,
    Session, StoreError, Stores, Vault, copy_log, ending_at,
};
use kernel::{AccountId, Timestamp};
use sqlx::Executor;

use crate::make::{answer_key, answered, append, batch, checked, commit, events, everything, stream};
use testing::{Folder, Place, on_both};

on_both!(
    ends_where_it_is_told_to,
    copied_to_the_byte_up_to_a_position,
    what_was_tampered_with_is_not_copied,
    nothing_is_written_where_it_is_only_read,
);

fn at(seconds: i64) -> Timestamp {
    Timestamp::default().plus_seconds(seconds)
}

fn account(number: u64) -> AccountId {
    AccountId::try_from(number).unwrap()
}

async fn ends_where_it_is_told_to(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 5)).await;
    append(&*stores.log, events(&stream("2"), 1, 5)).await;
    append(&*stores.log, events(&stream("1"), 6, 5)).await;
    let all = everything(&*stores.log).await;
    for end in [0, 1, 5, 7, 12, 15] {
        let log = ending_at(Arc::clone(&stores.log), Position::from_number(end)).await.unwrap();
        let length = usize::try_from(end).unwrap();
        assert_eq!(checked(&*log).await, all[..length]);
        assert_eq!(log.head().await.unwrap().epoch, stores.log.head().await.unwrap().epoch);
        let own = all[..length].iter().filter(|event| event.stream == stream("1")).count();
        assert_eq!(log.read_stream(&stream("1"), 0, 100).await.unwrap().len(), own);
        assert!(log.is_read_only() && !log.is_shared());
        let refused = log.append(&batch(&*log, events(&stream("3"), 1, 1)).await).await;
        assert!(matches!(refused, Err(AppendError::Unavailable(StoreError::ReadOnly))));
    }
    assert!(ending_at(Arc::clone(&stores.log), Position::from_number(16)).await.is_err());
    assert_eq!(everything(&*stores.log).await, all);
    stores.close().await;
}

async fn copied_to_the_byte_up_to_a_position(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 3_000)).await;
    let mut later = commit(events(&stream("2"), 1, 3));
    later.recorded_at = later.recorded_at.plus_seconds(1);
    let kept = answered(later, "k", b"{}");
    let answer = kept.answer.clone().unwrap();
    stores.log.append(&Batch::seal(stores.log.head().await.unwrap(), [kept])).await.unwrap();
    let all = everything(&*stores.log).await;
    let source = ReadOnlyLog::open(&place.location()).await.unwrap();
    for until in [1, 2_048, 2_049, 3_001, 3_003] {
        let target = Folder::new();
        let mut told = Vec::new();
        let position = Position::from_number(until);
        let head = copy_log(&source, position, target.path(), &mut |done| told.push(done)).await.unwrap();
        assert_eq!((head.position, told.last()), (position, Some(&until)));
        let copy = ReadOnlyLog::open(&Location::Folder(target.path().to_owned())).await.unwrap();
        assert_eq!(checked(&copy).await, all[..usize::try_from(until).unwrap()]);
        let (answers, _) = copy.read_answers(&AnswerCursor::default(), 10).await.unwrap();
        let expected = if until < 3_001 { vec![] } else { vec![answer.clone()] };
        assert_eq!(answers, expected, "the answers that were kept by then");
        copy.close().await;
    }
    let target = Folder::new();
    let beyond = copy_log(&source, Position::from_number(3_004), target.path(), &mut |_| {}).await;
    assert!(matches!(beyond, Err(CopyError::Missing(position)) if position.number() == 3_004));
    stores.close().await;
}

async fn what_was_tampered_with_is_not_copied(place: &Place) {
    let stores = place.open().await;
    append(&*stores.log, events(&stream("1"), 1, 9)).await;
    let (drop, change) = if place.is_postgres() {
        (
            "DROP TRIGGER events_immutable ON events",
            "UPDATE events SET event_type = 'ParcelLost' WHERE position = 4",
        )
    } else {
        ("DROP TRIGGER events_no_update", "UPDATE events SET event_type = 'ParcelLost' WHERE position = 4")
    };
    place.run("log", drop).await.unwrap();
    place.run("log", change).await.unwrap();
    let source = ReadOnlyLog::open(&place.location()).await.unwrap();
    let target = Folder::new();
    let copied = copy_log(&source, Position::from_number(9), target.path(), &mut |_| {}).await;
    let told = copied.unwrap_err().to_string();
    assert!(told.starts_with("position 4, stream parcel/1: the hash chain: expected "), "{told}");
    let target = Folder::new();
    copy_log(&source, Position::from_number(3), target.path(), &mut |_| {}).await.unwrap();
    stores.close().await;
}

async fn nothing_is_written_where_it_is_only_read(place: &Place) {
    let missing = Stores::open_read_only(&place.location()).await;
    assert!(matches!(missing, Err(OpenError::Missing(_) | OpenError::Foreign(_))));
    let stores = place.open().await;
    let kept = answered(commit(events(&stream("1"), 1, 2)), "k", b"{\"a\":1}");
    stores.log.append(&Batch::seal(stores.log.head().await.unwrap(), [kept])).await.unwrap();
    stores.vault.save_data_key(account(5), &[5; 32], at(1)).await.unwrap();
    stores.vault.save_password(account(5), "hash", at(1)).await.unwrap();
    let house = stores.vault.house_key("identity", &[1; 32]).await.unwrap();
    let session = Session { account: account(5), expires_at: at(100) };
    stores.vault.open_session(&[1; 32], session, None, at(1)).await.unwrap();
    stores.vault.count_failure("phone", at(10), at(0), 1, at(50)).await.unwrap();
    let all = everything(&*stores.log).await;
    if !place.is_postgres() {
        let busy = Stores::open_read_only(&place.location()).await;
        assert!(matches!(busy, Err(OpenError::Locked(_))), "a server has the folder");
    }
    stores.close().await;
    drop(stores);

    let reading = Stores::open_read_only(&place.location()).await.unwrap();
    assert_eq!(everything(&*reading.log).await, all);
    let answers = reading.log.answers(&[answer_key("none"), answer_key("k")]).await.unwrap();
    assert_eq!(answers.iter().map(|answer| &*answer.body).collect::<Vec<_>>(), [b"{\"a\":1}"]);
    assert_eq!(reading.log.is_shared(), place.is_postgres());
    let appended = reading.log.append(&batch(&*reading.log, events(&stream("2"), 1, 1)).await).await;
    assert!(matches!(appended, Err(AppendError::Unavailable(StoreError::ReadOnly))));
    the_vault_stays_as_it_is(&reading.vault, session, house).await;
    if !place.is_postgres() {
        let server = Stores::open(&place.location()).await;
        assert!(matches!(server, Err(OpenError::Locked(_))), "it is being read");
        Stores::open_read_only(&place.location()).await.unwrap().close().await;
    }
    reading.close().await;
    drop(reading);

    let stores = place.open().await;
    assert_eq!(everything(&*stores.log).await, all);
    assert_eq!(stores.vault.session(&[2; 32], at(3)).await.unwrap(), None);
    assert_eq!(stores.vault.attempts("name").await.unwrap().failures, 0);
    stores.close().await;
}

/// Passwords, keys and sessions of the stores count; what is opened and counted is known here alone.
async fn the_vault_stays_as_it_is(vault: &Vault, session: Session, house: [u8; 32]) {
    assert!(vault.knows_people());
    assert_eq!(vault.password(account(5)).await.unwrap().as_deref(), Some("hash"));
    assert_eq!(vault.data_key(account(5)).await.unwrap(), Some([5; 32]));
    assert_eq!(vault.house_key("identity", &[9; 32]).await.unwrap(), house);
    assert_eq!(vault.session(&[1; 32], at(2)).await.unwrap(), Some(session));
    assert_eq!(vault.session(&[1; 32], at(100)).await.unwrap(), None);
    // What is opened and counted here is known here alone.
    vault.open_session(&[2; 32], session, None, at(2)).await.unwrap();
    assert_eq!(vault.session(&[2; 32], at(3)).await.unwrap(), Some(session));
    vault.end_session(&[2; 32]).await.unwrap();
    vault.end_session(&[3; 32]).await.unwrap();
    assert_eq!(vault.session(&[2; 32], at(3)).await.unwrap(), None);
    assert_eq!(vault.attempts("phone").await.unwrap().locked_until, at(50));
    vault.count_failure("name", at(10), at(0), 1, at(60)).await.unwrap();
    assert_eq!(vault.attempts("name").await.unwrap().locked_until, at(60));
    // What is the stores' stays as it is.
    for refused in [
        vault.end_session(&[1; 32]).await,
        vault.end_sessions(account(5)).await,
        vault.save_password(account(5), "other", at(3)).await.map(drop),
        vault.save_data_key(account(6), &[6; 32], at(3)).await.map(drop),
        vault.erase_account(account(5)).await,
    ] {
        assert!(matches!(refused, Err(StoreError::ReadOnly)));
    }
}

#[tokio::test]
async fn a_moment_is_read_and_nothing_else() {
    let folder = Folder::new();
    let location = Location::Folder(folder.path().to_owned());
    Stores::open(&location).await.unwrap().close().await;
    std::fs::write(folder.path().join(MOMENT_FILE), "then").unwrap();
    assert!(matches!(Stores::open(&location).await, Err(OpenError::Past(_))));
    std::fs::remove_file(folder.path().join("vault.db")).unwrap();
    let stores = Stores::open_read_only(&location).await.unwrap();
    assert!(!stores.vault.knows_people());
    assert_eq!(stores.vault.password(account(5)).await.unwrap(), None);
    // A key of the house is made up, so that nobody is found by it.
    assert_eq!(stores.vault.house_key("identity", &[9; 32]).await.unwrap(), [9; 32]);
    stores.close().await;
}

/// A role that may see the log and the views, not the vault.
#[tokio::test]
async fn a_database_may_hide_its_vault() {
    let place = Place::postgres().await;
    place.open().await.close().await;
    let Place::Postgres(database) = &place else { unreachable!("it is PostgreSQL") };
    let role = format!("auditor_{}", uuid::Uuid::now_v7().simple());
    let mut connection = database.connect("log").await;
    for statement in [
        format!("CREATE ROLE {role} LOGIN PASSWORD 'x'"),
        format!("GRANT USAGE ON SCHEMA log, views TO {role}"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA log TO {role}"),
        format!("GRANT SELECT ON ALL TABLES IN SCHEMA views TO {role}"),
    ] {
        connection.execute(statement.as_str()).await.unwrap();
    }
    let url = database.url();
    let (scheme, rest) = url.split_once("://").unwrap();
    let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let location = Location::postgres(&format!("{scheme}://{role}:x@{host}")).unwrap();
    let stores = Stores::open_read_only(&location).await.unwrap();
    assert!(!stores.vault.knows_people());
    assert_eq!(stores.log.head().await.unwrap().position, Position::START);
    stores.close().await;
    connection.execute(format!("DROP OWNED BY {role}; DROP ROLE {role}").as_str()).await.unwrap();
}
