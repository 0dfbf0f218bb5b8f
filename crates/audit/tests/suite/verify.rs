//! What is whole is found whole.

use audit::{AccountClass, Checkpoint, KnownHead, Verifier};
use event_store::Position;

use crate::history::History;
use crate::store::Store;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_random_history_is_found_whole() {
    for seed in 0..6 {
        let store = Store::random(seed, 3_000).await;
        let report = store.verify().await.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let head = store.log().await.head().await.unwrap();
        assert_eq!((report.last.position, report.last.hash), (head.position, head.hash));
        assert_eq!(report.counts.events, head.position.number());
        assert_eq!(report.counts.commits, 3_000);
        assert_eq!(report.first.unwrap().position, Position::from_number(1));
        assert_eq!(report.counts.event_types.values().sum::<u64>(), report.counts.events);
        for kind in [
            "PurchasePaid",
            "PurchaseCancelled",
            "ProductDiscounted",
            "PurchaseMade",
            "CouponSpent",
            "CartLineRemoved",
            "RechargeClosed",
            "RechargePaid",
        ] {
            assert!(report.counts.event_types[kind] > 5, "seed {seed} makes too few of {kind}");
        }
        assert_eq!(report.totals.values().map(|sum| sum.fen()).sum::<i64>(), 0);
        assert_eq!(report.totals[AccountClass::Orders.name()].fen(), 0);
        assert!(report.answers > 100 && report.answers_met == report.answers);
    }
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let report = Store::of([]).await.verify().await.unwrap();
    assert_eq!((report.first, report.last.position), (None, Position::START));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn legs_and_checkpoints_come_to_the_same_report() {
    let mut history = History::new(11, 20, 3_600);
    let store = Store::of(history.commits(1_500)).await;
    let first = store.verify().await.unwrap();
    store.append(history.commits(1_500)).await;
    let whole = store.verify().await.unwrap();

    let text = serde_json::to_string_pretty(&first).unwrap();
    let checkpoint = Checkpoint::read(&text).unwrap();
    assert_eq!(checkpoint.position(), first.last.position);
    let mut resumed = Verifier::from_checkpoint(store.log().await, checkpoint).await.unwrap();
    let rest = resumed.finish(None, &mut |_| {}).await.unwrap();
    assert_eq!(rest.began_after, first.last);
    assert_eq!((&rest.counts, &rest.totals, rest.last), (&whole.counts, &whole.totals, whole.last));
    // Going on again from there, nothing is left to do.
    let again = Checkpoint::read(&serde_json::to_string(&rest).unwrap()).unwrap();
    let again = Verifier::from_checkpoint(store.log().await, again).await.unwrap();
    assert_eq!(again.position(), whole.last.position);

    let mut legs = Verifier::new(store.log().await);
    for until in [1, 2, 777, 778, 2_050] {
        legs.advance(Position::from_number(until), &mut |_| {}).await.unwrap();
        assert_eq!(legs.position(), Position::from_number(until));
    }
    let by_legs = legs.finish(None, &mut |_| {}).await.unwrap();
    assert_eq!(serde_json::to_string(&by_legs).unwrap(), serde_json::to_string(&whole).unwrap());
}

#[tokio::test]
async fn a_report_that_was_changed_is_no_checkpoint() {
    let report = Store::random(1, 50).await.verify().await.unwrap();
    let text = serde_json::to_string(&report).unwrap();
    assert!(Checkpoint::read(&text).is_ok());
    for (from, to) in [("\"sold\":", "\"sold\":1"), ("\"epoch\":1", "\"epoch\":2"), ("report/1", "report/9")]
    {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let told = Checkpoint::read(&changed).unwrap_err().to_string();
        assert!(!told.contains('\n'), "{told}");
    }
    assert!(Checkpoint::read("").is_err() && Checkpoint::read("{}").is_err());
}

#[tokio::test]
async fn a_head_kept_elsewhere_is_compared() {
    let mut history = History::new(5, 20, 3_600);
    let store = Store::of(history.commits(100)).await;
    let head = store.log().await.head().await.unwrap();
    let known: KnownHead = format!("{}@{}", head.hash, head.position).parse().unwrap();
    store.append(history.commits(100)).await;
    let check = async |known| Verifier::new(store.log().await).finish(Some(known), &mut |_| {}).await;
    assert!(check(known).await.is_ok());
    let beyond = KnownHead { position: Position::from_number(1_000_000), ..known };
    let told = check(beyond).await.unwrap_err().to_string();
    assert!(told.contains("position 1000000") && told.contains("the log ends at"), "{told}");
    let other = KnownHead { position: Position::from_number(known.position.number() + 1), ..known };
    let told = check(other).await.unwrap_err().to_string();
    assert!(told.contains("the log holds the head kept elsewhere"), "{told}");
    for wrong in ["", "@1", "12@1", &format!("{}@x", head.hash)] {
        assert!(wrong.parse::<KnownHead>().is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_remembered_does_not_grow_with_the_log() {
    // As many accounts in both, and ten times the events.
    let mut history = History::new(3, 20, 3_600);
    let store = Store::of(history.commits(2_000)).await;
    let mut verifier = Verifier::new(store.log().await);
    let short = verifier.finish(None, &mut |_| {}).await.unwrap();
    let remembered = verifier.remembered();
    store.append(history.commits(18_000)).await;
    let mut verifier = Verifier::new(store.log().await);
    let long = verifier.finish(None, &mut |_| {}).await.unwrap();
    assert!(long.counts.events > 9 * short.counts.events);
    assert!(long.counts.streams["purchase"] > 7 * short.counts.streams["purchase"]);
    assert!(long.counts.streams["recharge"] > 7 * short.counts.streams["recharge"]);
    // What may differ is how many recharges happen to be open.
    assert!(verifier.remembered() < remembered + 50, "{remembered} then {}", verifier.remembered());
}
