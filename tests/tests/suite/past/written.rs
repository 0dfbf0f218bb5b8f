//! What `replay --until` writes, and what it refuses to.

use event_store::{Batch, Commit, NewEvent, Position, ReadOnlyLog, Stores};
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use tests::{Place, ServerOptions};

use super::{busy, commit_of, customer, files, head, replay, rows, time_of};
use crate::catalogue::location;
use crate::command_line::run;
use crate::stage::start;

/// A store of the same kind that never knew more than the events up to a position, its views replayed from nothing.
async fn fresh(place: &Place, position: i64) -> Place {
    let fresh = match place {
        Place::Folder(_) => Place::folder(),
        Place::Postgres(..) => Place::postgres().await,
    };
    let log = ReadOnlyLog::open(&location(place)).await.unwrap();
    let limit = u32::try_from(position).unwrap();
    let events = log.read_all(Position::START, limit).await.unwrap();
    log.close().await;
    let stores = Stores::open(&location(&fresh)).await.unwrap();
    let commits = events.iter().map(|event| Commit {
        id: event.commit_id,
        recorded_at: event.recorded_at,
        metadata: event.metadata.clone(),
        events: vec![NewEvent {
            stream: event.stream.clone(),
            sequence: event.sequence,
            event_type: event.event_type.clone(),
            event_version: event.event_version.clone(),
            payload: event.payload.clone(),
        }],
        answer: None,
    });
    let batch = Batch::seal(stores.log.head().await.unwrap(), commits);
    stores.log.append(&batch).await.unwrap();
    stores.close().await;
    drop(stores);
    let replayed = run(&["replay"], Some(&fresh));
    assert_eq!(replayed.code, Some(0), "{}", replayed.told);
    fresh
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_views_of_a_moment_are_those_that_a_replay_had_then() {
    for place in Place::both().await {
        let server = start(&place, &ServerOptions::demo());
        let (client, _) = customer(&server).await;
        busy(&client, &server, 7).await;
        // The source is in use: its server goes on meanwhile.
        let (last, _) = head(&place).await;
        let targets = tempfile::tempdir().unwrap();
        let mut seen = Vec::new();
        for position in [1, last / 3, last / 2, last - 1, last] {
            let target = targets.path().join(position.to_string());
            let ended = replay(&place, &position.to_string(), &target);
            assert_eq!(ended.code, Some(0), "{}", ended.told);
            assert!(ended.told.contains(&format!("up to position {position}")), "{}", ended.told);
            let fresh = fresh(&place, position).await;
            let database = match &fresh {
                Place::Folder(_) => None,
                Place::Postgres(database, _) => Some(database),
            };
            let expected = rows(fresh.path(), database).await;
            assert!(rows(&target, None).await == expected, "the views at {position} are others");
            seen.push(expected);
            // The folder holds a log that an auditor finds whole, with these views beside it, and no secrets.
            // A commit that is torn apart is taken at its word, and found.
            let is_whole = position == last
                || commit_of(&place, position).await != commit_of(&place, position + 1).await;
            let data = target.display().to_string();
            let verified = run(&["audit", "verify", "--data", &data], None);
            assert!(verified.code == Some(0) || !is_whole && verified.code == Some(1), "{}", verified.told);
            let names: Vec<_> = files(&target).into_keys().collect();
            assert_eq!(names, ["log.db", "moment.txt", "suanpan.lock", "views.db"]);
        }
        seen.dedup();
        assert!(seen.len() > 3, "the moments hardly differ");
        busy(&client, &server, 1).await;
        assert!(server.terminate().unwrap().success());
        // Made again when more has happened, of the place or of a folder made before, it is the same.
        let again = targets.path().join("again");
        assert_eq!(replay(&place, &(last / 2).to_string(), &again).code, Some(0));
        assert!(rows(&again, None).await == rows(&targets.path().join((last / 2).to_string()), None).await);
        let data = targets.path().join(last.to_string()).display().to_string();
        let third = targets.path().join("third");
        let (until, output) = ((last / 3).to_string(), third.display().to_string());
        let ended = run(&["replay", "--data", &data, "--until", &until, "-o", &output], None);
        assert_eq!(ended.code, Some(0), "{}", ended.told);
        assert!(rows(&third, None).await == rows(&targets.path().join(&until), None).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_is_all_that_had_happened_by_then() {
    for place in Place::both().await {
        let server = start(&place, &ServerOptions::demo());
        let (client, _) = customer(&server).await;
        busy(&client, &server, 3).await;
        let (last, _) = head(&place).await;
        let micros = |micros: i64| kernel::Timestamp::from_micros(micros).to_string();
        let targets = tempfile::tempdir().unwrap();
        let reached = |until: &str, name: &str| {
            let ended = replay(&place, until, &targets.path().join(name));
            assert_eq!(ended.code, Some(0), "{until}: {}", ended.told);
            let position = ended.told.trim_end().rsplit(' ').next().unwrap().to_owned();
            position.parse::<i64>().unwrap()
        };
        for (number, position) in [1, last / 2, last].into_iter().enumerate() {
            let at = time_of(&place, position).await;
            let mut expected = position;
            while expected < last && time_of(&place, expected + 1).await == at {
                expected += 1;
            }
            assert_eq!(reached(&micros(at), &format!("at{number}")), expected);
            let mut before = position - 1;
            while before > 0 && time_of(&place, before).await == at {
                before -= 1;
            }
            if before > 0 {
                assert_eq!(reached(&micros(at - 1), &format!("before{number}")), before);
            }
        }
        assert_eq!(reached("2999-12-31", "future"), last);
        let first = time_of(&place, 1).await;
        let refused = replay(&place, &micros(first - 1), &targets.path().join("never"));
        refused.refused(2, "before the first event");
        assert!(!targets.path().join("never").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_made_is_told_in_a_line_and_leaves_nothing() {
    for place in Place::both().await {
        let targets = tempfile::tempdir().unwrap();
        let target = targets.path().join("target");
        let nothing = || assert_eq!(std::fs::read_dir(targets.path()).unwrap().count(), 0);
        if matches!(place, Place::Folder(_)) {
            replay(&place, "1", &target).refused(3, "there is no store at");
        } else {
            replay(&place, "1", &target).refused(3, "is no log of suanpan");
        }
        run(&["replay"], Some(&Place::folder())).refused(3, "there is no store at");
        crate::catalogue::fill(&place).await;
        let (last, hash) = head(&place).await;
        for (until, word) in [
            ("0", "before the first event"),
            ("2001-01-01", "before the first event"),
            (&*(last + 1).to_string(), "after the head"),
            ("99999999999999999999999", "until: not a moment"),
            ("yesterday", "until: not a moment"),
            ("", "until: not a moment"),
        ] {
            replay(&place, until, &target).refused(2, word);
            nothing();
        }
        for wrong in [
            &["replay", "--until", "1"][..],
            &["replay", "-o", "x"],
            &["replay", "--until", "1", "-o", "x", "--projection", "ledger"],
        ] {
            assert_eq!(run(wrong, Some(&place)).code, Some(2), "{wrong:?}");
        }
        // Targets that are no place for it.
        let full = targets.path().join("full");
        std::fs::create_dir(&full).unwrap();
        std::fs::write(full.join("note.txt"), "mine").unwrap();
        replay(&place, "2", &full).refused(3, "not empty");
        replay(&place, "2", place.path().parent().unwrap()).refused(3, "not empty");
        replay(&place, "2", &full.join("note.txt")).refused(3, "note.txt");
        replay(&place, "2", &targets.path().join("no/such/folder")).refused(3, "no/such/folder");
        assert_eq!(files(&full).into_iter().collect::<Vec<_>>(), [("note.txt".to_owned(), b"mine".to_vec())]);
        std::fs::remove_dir_all(&full).unwrap();
        nothing();
        // An empty folder is one.
        std::fs::create_dir(&target).unwrap();
        assert_eq!(replay(&place, "2", &target).code, Some(0));
        // What was written is no store that anything may be added to.
        let data = target.display().to_string();
        let before = files(&target);
        for adding in [
            &["serve", "--listen", "127.0.0.1:0", "--data", &data][..],
            &["replay", "--data", &data],
            &["account", "erase", "5", "--data", &data],
        ] {
            run(adding, None).refused(3, "holds a moment of the past");
        }
        assert!(files(&target) == before && std::fs::read_dir(&target).unwrap().count() == before.len());
        assert_eq!(head(&place).await, (last, hash));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_source_is_a_breach_and_leaves_nothing() {
    for place in Place::both().await {
        crate::catalogue::fill(&place).await;
        let targets = tempfile::tempdir().unwrap();
        let target = targets.path().join("target");
        let change = "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 5";
        let drop = "DELETE FROM events WHERE position = 7";
        match &place {
            Place::Folder(folder) => {
                let file = format!("sqlite://{}", folder.path().join("log.db").display());
                let mut connection = SqliteConnection::connect(&file).await.unwrap();
                for statement in
                    ["DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete", change, drop]
                {
                    connection.execute(statement).await.unwrap();
                }
                connection.close().await.unwrap();
            }
            Place::Postgres(database, _) => {
                let mut connection = PgConnection::connect(&database.url()).await.unwrap();
                for statement in
                    ["SET search_path = log", "DROP TRIGGER events_immutable ON events", change, drop]
                {
                    connection.execute(statement).await.unwrap();
                }
            }
        }
        assert_eq!(replay(&place, "4", &target).code, Some(0));
        std::fs::remove_dir_all(&target).unwrap();
        replay(&place, "6", &target).refused(1, "breach: position 5, stream ");
        replay(&place, "7", &target).refused(1, "breach: position 7: ");
        assert_eq!(std::fs::read_dir(targets.path()).unwrap().count(), 0);
    }
    // Files that are no log at all.
    let foreign = tempfile::tempdir().unwrap();
    let data = foreign.path().display().to_string();
    let output = foreign.path().join("target").display().to_string();
    for content in [&b"nothing that a database would be"[..], &[]] {
        std::fs::write(foreign.path().join("log.db"), content).unwrap();
        let ended = run(&["replay", "--data", &data, "--until", "1", "-o", &output], None);
        ended.refused(3, "is no log of suanpan");
        assert_eq!(std::fs::read(foreign.path().join("log.db")).unwrap(), content);
        assert_eq!(std::fs::read_dir(foreign.path()).unwrap().count(), 1);
    }
}
