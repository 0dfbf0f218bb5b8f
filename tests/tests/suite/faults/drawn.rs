//! Numbers of accounts that are drawn again: the product's use cases in this process, with draws that repeat themselves.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use commerce::{Caller, Registration};
use engine::EngineConfig;
use kernel::{Coded as _, ErrorCode};
use tests::Place;

use crate::catalogue::House;

/// What was drawn, of each of two houses.
static DRAWN: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Gives each number three times in a row.
fn draw<const HOUSE: usize>(range: Range<u64>) -> Option<u64> {
    Some(range.start + DRAWN[HOUSE].fetch_add(1, Ordering::SeqCst) / 3)
}

fn person(number: u32) -> Registration {
    Registration {
        login: format!("1380000000{number}"),
        password: None,
        name: format!("第{number}位"),
        roles: Vec::new(),
        wechat_code: None,
    }
}

/// A number that belongs to somebody, or did before the person was erased, is passed over, and nothing of theirs changes.
async fn a_number_drawn_again_is_passed_over(place: Place, draw: fn(Range<u64>) -> Option<u64>) {
    let house = House::with(&place, EngineConfig { draw, ..EngineConfig::default() }).await;
    let caller = Caller::house("test");
    let first = house.commerce.register(&caller, person(1)).await.unwrap();
    let key = house.stores.vault.data_key(first).await.unwrap().unwrap();
    let second = house.commerce.register(&caller, person(2)).await.unwrap();
    assert_eq!(u64::from(second), u64::from(first) + 1);
    assert_eq!(house.stores.vault.data_key(first).await.unwrap(), Some(key));
    house.commerce.erase_account(&caller, second).await.unwrap();
    let third = house.commerce.register(&caller, person(3)).await.unwrap();
    assert_eq!(u64::from(third), u64::from(second) + 1);
    assert_eq!(house.stores.vault.data_key(second).await.unwrap(), None, "nobody's key is left behind");
    house.close().await;

    // Of a house that draws nothing but the first person's number, nobody gets one.
    let stuck = EngineConfig { draw: |range| Some(range.start), ..EngineConfig::default() };
    let house = House::with(&place, stuck).await;
    let refused = house.commerce.register(&caller, person(4)).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::NoFreeId, "{refused}");
    assert_eq!(house.stores.vault.data_key(first).await.unwrap(), Some(key));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_drawn_again_is_passed_over_on_sqlite() {
    a_number_drawn_again_is_passed_over(Place::folder(), draw::<0>).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_drawn_again_is_passed_over_on_postgres() {
    a_number_drawn_again_is_passed_over(Place::postgres().await, draw::<1>).await;
}
