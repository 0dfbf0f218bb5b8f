//! Snapshots: the last one of a stream in the form that is asked for.

use event_store::{Hash, Snapshot, StreamId};
use kernel::Timestamp;

use crate::make::stream;
use testing::{Place, on_both};

on_both!(
    the_last_is_kept,
    all_are_kept_or_none,
    other_forms_are_not_read,
    they_may_be_lost,
    a_damaged_one_is_told
);

fn snapshot(stream: &StreamId, state_version: u32, sequence: u64) -> Snapshot {
    Snapshot {
        stream: stream.clone(),
        state_version,
        sequence,
        hash: Hash::from_slice(&[u8::try_from(sequence).unwrap(); 32]).unwrap(),
        recorded_at: Timestamp::from_micros(-5),
        state: format!("{{ \"text\" : \"算\\u0000\", \"n\":{sequence} }}"),
    }
}

async fn the_last_is_kept(place: &Place) {
    let stores = place.open().await;
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap(), None);
    let other = snapshot(&StreamId::new("letter", "1"), 1, 9);
    stores.snapshots.save(std::slice::from_ref(&other)).await.unwrap();
    for sequence in [3, 8, 5] {
        let saved = snapshot(&stream("1"), 1, sequence);
        stores.snapshots.save(std::slice::from_ref(&saved)).await.unwrap();
        assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap(), Some(saved));
    }
    assert_eq!(stores.snapshots.load(&other.stream, 1).await.unwrap(), Some(other));
    assert_eq!(stores.snapshots.load(&stream("2"), 1).await.unwrap(), None);
    stores.close().await;
    drop(stores);
    let stores = place.open().await;
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap(), Some(snapshot(&stream("1"), 1, 5)));
}

/// Of a stream that comes twice the later is kept; where one row is refused, none is.
async fn all_are_kept_or_none(place: &Place) {
    let stores = place.open().await;
    let all = [("2", 1), ("1", 1), ("2", 9), ("1", 7)].map(|(name, at)| snapshot(&stream(name), 1, at));
    stores.snapshots.save(&all).await.unwrap();
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap().as_ref(), Some(&all[3]));
    assert_eq!(stores.snapshots.load(&stream("2"), 1).await.unwrap().as_ref(), Some(&all[2]));
    let refuse = match place {
        Place::Folder(_) => {
            "CREATE TRIGGER refuse BEFORE INSERT ON snapshots WHEN NEW.aggregate_id = '2' AND NEW.sequence = 11
            BEGIN SELECT RAISE(ABORT, 'refused'); END"
        }
        Place::Postgres(_) => {
            "ALTER TABLE snapshots ADD CHECK (NOT (aggregate_id = '2' AND sequence = 11))"
        }
    };
    place.run("views", refuse).await.unwrap();
    let later = ["1", "2"].map(|name| snapshot(&stream(name), 1, 11));
    assert!(stores.snapshots.save(&later).await.is_err());
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap().as_ref(), Some(&all[3]));
}

async fn other_forms_are_not_read(place: &Place) {
    let stores = place.open().await;
    stores.snapshots.save(&[snapshot(&stream("1"), 2, 4)]).await.unwrap();
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap(), None);
    assert_eq!(stores.snapshots.load(&stream("1"), 3).await.unwrap(), None);
    stores.snapshots.save(&[snapshot(&stream("1"), 3, 4)]).await.unwrap();
    assert_eq!(stores.snapshots.load(&stream("1"), 2).await.unwrap(), None);
    assert_eq!(stores.snapshots.load(&stream("1"), 3).await.unwrap(), Some(snapshot(&stream("1"), 3, 4)));
}

/// The views may be removed while no server runs.
async fn they_may_be_lost(place: &Place) {
    let stores = place.open().await;
    stores.snapshots.save(&[snapshot(&stream("1"), 1, 4)]).await.unwrap();
    stores.close().await;
    drop(stores);
    match place {
        Place::Folder(folder) => std::fs::remove_file(folder.path().join("views.db")).unwrap(),
        Place::Postgres(_) => place.run("views", "DROP SCHEMA views CASCADE").await.unwrap(),
    }
    let stores = place.open().await;
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap(), None);
    stores.snapshots.save(&[snapshot(&stream("1"), 1, 4)]).await.unwrap();
    assert_eq!(stores.snapshots.load(&stream("1"), 1).await.unwrap(), Some(snapshot(&stream("1"), 1, 4)));
}

async fn a_damaged_one_is_told(place: &Place) {
    let stores = place.open().await;
    stores.snapshots.save(&[snapshot(&stream("1"), 1, 4)]).await.unwrap();
    place.run("views", "UPDATE snapshots SET hash = 'no hash'").await.unwrap();
    let error = stores.snapshots.load(&stream("1"), 1).await.unwrap_err();
    assert_eq!(error.to_string(), "damaged store: the snapshot of parcel/1");
}
