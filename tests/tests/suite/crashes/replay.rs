//! Killed while the views are rebuilt: the old ones serve on, and the next rebuild works.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aggregates::balance::{BalanceEvent, CreditSource};
use cqrs_es::DomainEvent as _;
use event_store::{Batch, Commit, NewEvent, StreamId};
use kernel::{AccountId, Money, Timestamp};
use serde_json::json;
use tests::{Place, Server, ServerOptions, binary};
use uuid::Uuid;

use super::{Buyer, GIFT, audit, buyers, location, on_both, until};
use crate::invariants::house::House;

/// So many that a rebuild takes long enough to be cut off.
const EVENTS: u64 = 30_000;
const EVENTS_IN_COMMIT: u64 = 500;

on_both!(a_rebuild_that_was_cut_off_leaves_the_old_views);

/// Writes a long history of small credits, as an engine would, but faster.
async fn fill(place: &Place, account: AccountId) {
    let house = House::open(&location(place), None).await;
    let stream = StreamId::new("balance", account.to_string());
    let log = &house.stores.log;
    let began = log.read_stream(&stream, 0, 10).await.unwrap().len();
    let mut sequence = u64::try_from(began).unwrap();
    for _ in 0..EVENTS / EVENTS_IN_COMMIT {
        let events = (0..EVENTS_IN_COMMIT).map(|_| {
            sequence += 1;
            let credit = BalanceEvent::BalanceCredited {
                entry: (1_000_000 + sequence).try_into().unwrap(),
                amount: Money::from_fen(1),
                balance: Money::from_fen(GIFT + i64::try_from(sequence).unwrap() - 1),
                source: CreditSource::Adjustment { reason: "a fen".to_owned() },
            };
            NewEvent {
                stream: stream.clone(),
                sequence,
                event_type: credit.event_type().into(),
                event_version: credit.event_version().into(),
                payload: serde_json::to_string(&credit).unwrap().into(),
            }
        });
        let commit = Commit {
            id: Uuid::now_v7(),
            recorded_at: house.engine.now().max(Timestamp::default()),
            metadata: r#"{"correlation":"fill"}"#.into(),
            events: events.collect(),
            answer: None,
        };
        log.append(&Batch::seal(log.head().await.unwrap(), [commit])).await.unwrap();
    }
    house.stop().await;
}

/// Runs `suanpan replay`, to the end or until it is killed. Says whether it came to a good end.
fn replay(place: &Place, kill_after: Option<Duration>) -> bool {
    let mut command = Command::new(binary());
    command.arg("replay").args(place.arguments());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    if let Some(delay) = kill_after {
        std::thread::sleep(delay);
        child.kill().unwrap();
    }
    child.wait().unwrap().success()
}

/// The newest of the ledger, to the byte.
async fn ledger(server: &Server, buyer: &Buyer) -> Vec<u8> {
    let answer = buyer.client(server).get("/ledgers?type=0&limit=50").await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.code()), (200, 0), "{}", answer.text());
    answer.bytes
}

async fn folded(server: &Server) -> bool {
    let ready = server.client().get("/readyz").await.unwrap().json();
    ready["projections"]["each"].as_array().unwrap().iter().all(|one| one["lag"] == json!(0))
}

async fn a_rebuild_that_was_cut_off_leaves_the_old_views(place: Place) {
    let buyer = buyers(&place, 1).await.remove(0);
    fill(&place, buyer.account).await;
    let mut server = Some(Server::start(&place, &ServerOptions::default()).unwrap());
    let running = server.as_ref().unwrap();
    until("the history is folded", async || folded(running).await).await;
    let before = ledger(running, &buyer).await;

    // A folder belongs to one process at a time; a database can be rebuilt while it serves.
    let is_alone = matches!(place, Place::Folder(_));
    if is_alone {
        assert!(server.take().unwrap().terminate().unwrap().success());
    }
    let began = Instant::now();
    assert!(replay(&place, None));
    let whole = began.elapsed();
    let mut cut_off = 0;
    // The machine may be faster by now than it was at first.
    for after in [whole / 8 * 7, whole / 4 * 3, whole / 2, whole / 4, whole / 8, whole / 16] {
        if cut_off > 1 {
            break;
        }
        let is_whole = replay(&place, Some(after));
        cut_off += u32::from(!is_whole);
        let serving =
            server.take().unwrap_or_else(|| Server::start(&place, &ServerOptions::default()).unwrap());
        assert_eq!(ledger(&serving, &buyer).await, before);
        if is_alone {
            serving.kill();
        } else {
            server = Some(serving);
        }
    }
    assert!(cut_off > 0, "every rebuild was faster than the first, which took {whole:?}");
    // The database may take a moment to see that the one who rebuilt is gone.
    until("another rebuild works", async || tokio::task::block_in_place(|| replay(&place, None))).await;
    let serving = server.unwrap_or_else(|| Server::start(&place, &ServerOptions::default()).unwrap());
    assert_eq!(ledger(&serving, &buyer).await, before);
    serving.kill();
    audit(&place).await;
}
