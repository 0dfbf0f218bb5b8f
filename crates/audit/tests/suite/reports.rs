//! Reports, against sums made in another way.

use std::collections::BTreeMap;

use audit::{
    AccountClass, Bill, BookAccount, Moment, ReportError, Row, Selection, coupons, journal, ledger, orders,
    payments, statement, trial_balance,
};
use event_store::{Position, RecordedEvent};
use kernel::{AccountId, Money, Timestamp};
use serde_json::Value;

use crate::history::{History, fen, id};
use crate::store::Store;

async fn everything(store: &Store) -> Vec<RecordedEvent> {
    store.log().await.read_all(Position::START, 1_000_000).await.unwrap()
}

/// What an account's purse holds after an event, by that event's own word.
fn stated(events: &[RecordedEvent], kind: &str, account: &str, upto: u64) -> Money {
    let own = |event: &&RecordedEvent| {
        event.position.number() <= upto
            && event.stream.aggregate_type == kind
            && event.stream.aggregate_id.as_ref() == account
    };
    let Some(last) = events.iter().rev().find(own) else { return Money::ZERO };
    let value: Value = serde_json::from_str(&last.payload).unwrap();
    fen(value[last.event_type.as_ref()][kind].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_trial_balance_of_any_moment_balances_and_stays() {
    let mut history = History::new(51, 20, 3_600);
    let store = Store::of(history.commits(900)).await;
    let events = everything(&store).await;
    let log = store.log().await;
    let mut kept = Vec::new();
    for position in [1, 40, 700, 1_000, events.len() as u64] {
        let moment = Some(Moment::Position(Position::from_number(position)));
        let report = trial_balance(&log, moment, true, &mut |_, _| {}).await.unwrap();
        assert_eq!(report.debit, report.credit);
        assert_eq!(report.as_of.position.number(), position);
        assert_eq!(report.as_of.hash, events[usize::try_from(position).unwrap() - 1].hash);
        for row in &report.rows {
            if let Some(account) = row.account.strip_prefix("liabilities:wallet:") {
                assert_eq!(row.credit, stated(&events, "balance", account, position));
            }
            if let Some(account) = row.account.strip_prefix("liabilities:coupon:") {
                assert_eq!(row.credit, stated(&events, "coupon", account, position));
            }
        }
        let by_class = trial_balance(&log, moment, false, &mut |_, _| {}).await.unwrap();
        assert_eq!(by_class.rows.len(), AccountClass::ALL.len());
        kept.push((moment, report));
    }
    store.append(history.commits(100)).await;
    let log = store.log().await;
    for (moment, before) in kept {
        let now = trial_balance(&log, moment, true, &mut |_, _| {}).await.unwrap();
        assert_eq!((&now.rows, now.as_of.hash), (&before.rows, before.as_of.hash));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_time_and_by_position_the_same_moment_is_the_same() {
    let store = Store::random(52, 900).await;
    let events = everything(&store).await;
    let log = store.log().await;
    for pair in events.windows(2).filter(|pair| pair[0].recorded_at < pair[1].recorded_at).step_by(97) {
        let by_time = Moment::Time(pair[0].recorded_at);
        let just_before = Moment::Time(Timestamp::from_micros(pair[1].recorded_at.micros() - 1));
        let by_position = Moment::Position(pair[0].position);
        let read = async |moment| trial_balance(&log, Some(moment), true, &mut |_, _| {}).await.unwrap();
        let (a, b, c) = (read(by_time).await, read(just_before).await, read(by_position).await);
        assert_eq!((&a, &b), (&c, &c));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn journal_ledger_and_statement_tell_the_same_story() {
    let store = Store::random(53, 900).await;
    let log = store.log().await;
    let mut rows = Vec::new();
    journal(&log, None, None, &mut |_, _| {}, &mut |row| {
        rows.push(row);
        Ok(())
    })
    .await
    .unwrap();
    let mut by_position: BTreeMap<u64, i64> = BTreeMap::new();
    rows.iter().for_each(|row| *by_position.entry(row.position).or_default() += row.amount.fen());
    assert!(by_position.values().all(|sum| *sum == 0));
    let owner =
        |row: &audit::JournalRow| row.account.to_string().strip_prefix("liabilities:wallet:")?.parse().ok();
    let account: AccountId = rows.iter().find_map(owner).unwrap();
    let wallet = BookAccount::Wallet(account);
    let mut entries = Vec::new();
    let since = Some(Moment::Position(Position::from_number(500)));
    let (_, closing) = ledger(&log, Selection::Account(wallet), since, None, &mut |_, _| {}, &mut |row| {
        entries.push(row);
        Ok(())
    })
    .await
    .unwrap();
    let own: Vec<_> = rows.iter().filter(|row| row.account == wallet).collect();
    let later: Vec<_> = own.iter().filter(|row| row.position >= 500).collect();
    assert_eq!(entries.len(), later.len());
    assert!(entries.iter().zip(&later).all(|(a, b)| (a.position, a.amount) == (b.position, b.amount)));
    let sum: i64 = own.iter().map(|row| row.amount.fen()).sum();
    assert_eq!((closing.fen(), entries.last().unwrap().balance), (sum, closing));
    let mut lines = Vec::new();
    let told = statement(&log, account, since, None, &mut |_, _| {}, &mut |row| {
        lines.push(row);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(told.closing_balance, closing.negated().unwrap());
    let moved: i64 = lines.iter().filter(|row| row.purse == "balance").map(|row| row.amount.fen()).sum();
    assert_eq!(told.opening_balance.fen() + moved, told.closing_balance.fen());
    assert_eq!(lines.last().unwrap().coupon, told.closing_coupon);
    assert!(lines.iter().all(|row| row.cells().len() == audit::StatementRow::COLUMNS.len()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coupons_and_open_orders_are_what_the_events_say() {
    let store = Store::random(54, 1_200).await;
    let events = everything(&store).await;
    let log = store.log().await;
    let (_, rows) = coupons(&log, None, true, &mut |_, _| {}).await.unwrap();
    let (all, accounts) = rows.split_last().unwrap();
    for row in accounts {
        assert_eq!(row.outstanding, stated(&events, "coupon", &row.account, u64::MAX));
    }
    let issued = all.issued_by_recharges.plus(all.issued_by_adjustments).unwrap();
    let gone = all.used.plus(all.withdrawn).unwrap();
    assert_eq!(issued.minus(gone).unwrap(), all.outstanding);
    assert!(all.used.is_positive() && all.issued_by_recharges.is_positive());

    let mut states: BTreeMap<&str, &str> = BTreeMap::new();
    let can_be_open = ["recharge", "purchase"];
    for event in events.iter().filter(|event| can_be_open.contains(&&*event.stream.aggregate_type)) {
        states.insert(&event.stream.aggregate_id, &event.event_type);
    }
    let is_open =
        |state: &&&str| matches!(**state, "RechargeRequested" | "RechargePrepared" | "PurchaseApplied");
    let (_, open) = orders(&log, None, &mut |_, _| {}).await.unwrap();
    assert_eq!(open.len(), states.values().filter(is_open).count());
    assert!(!open.is_empty() && open.iter().all(|row| row.state == "unpaid"));
    for waiting in [
        open.iter().any(|row| row.order.starts_with('R')),
        open.iter().any(|row| !row.order.starts_with('R')),
    ] {
        assert!(waiting, "recharges and purchases wait: {open:?}");
    }
    // In the middle of a commit a payment has come and its credit has not.
    let paid = events.iter().find(|event| event.event_type == "RechargePaid").unwrap();
    let (_, open) = orders(&log, Some(Moment::Position(paid.position)), &mut |_, _| {}).await.unwrap();
    let row = open.iter().find(|row| row.state == "undelivered").unwrap();
    assert_eq!((row.order.as_str(), row.paid), (&*format!("R{}", paid.stream.aggregate_id), row.amount));
    assert!(row.account.is_some());
}

const HEADING: &str = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注";

struct Line {
    time: String,
    transaction: String,
    order: String,
    state: &'static str,
    amount: Money,
}

fn bill(lines: &[Line]) -> Bill {
    let mut text = format!("{HEADING}\r\n");
    let mut total = Money::ZERO;
    for Line { time, transaction, order, state, amount } in lines {
        let (paid, refunded) =
            if *state == "REFUND" { (Money::ZERO, *amount) } else { (*amount, Money::ZERO) };
        total = total.plus(paid).unwrap();
        text += &format!(
            "`{time},`wx1,`1,`0,`,`{transaction},`{order},`openid,`APP,`{state},`OTHERS,`CNY,`{paid},`0.00,`0,`0,`{refunded},`0.00,`,`,`充,值,`,`0.00,`0.60%,`{paid},`{refunded},`\r\n"
        );
    }
    text +=
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n";
    text += &format!("`{},`{total},`0.00,`0.00,`0.00,`{total},`0.00\r\n", lines.len());
    Bill::read(text.as_bytes()).unwrap()
}

/// A bill that fits the books to the line.
fn true_lines(events: &[RecordedEvent]) -> Vec<Line> {
    let paid = events.iter().filter(|event| event.event_type == "RechargePaid");
    paid.map(|event| {
        let value: Value = serde_json::from_str(&event.payload).unwrap();
        let fields = &value["RechargePaid"];
        Line {
            time: Timestamp::from_micros(fields["success_time"].as_i64().unwrap()).shanghai(),
            transaction: fields["transaction_id"].as_str().unwrap().to_owned(),
            order: format!("R{}", event.stream.aggregate_id),
            state: "SUCCESS",
            amount: fen(fields["amount"].as_i64().unwrap()),
        }
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_is_matched_line_by_line() {
    let mut history = History::new(55, 20, 3_600);
    let mut commits = history.commits(1_200);
    // One recharge at least is open at the end.
    while commits.last().unwrap().events[0].event_type != "RechargeRequested" {
        commits.push(history.commit());
    }
    let store = Store::of(commits).await;
    let events = everything(&store).await;
    let log = store.log().await;
    let run = async |bill| payments(&log, None, bill, None, &mut |_, _| {}).await.unwrap();
    let alone = run(None).await;
    let count = true_lines(&events).len() as u64;
    assert!(count > 50 && alone.reconciled == count && alone.differences == 0);
    assert!(!alone.rows.is_empty(), "no recharge is open");
    assert!(alone.rows.iter().all(|row| row.finding == "asked, not paid"), "{:?}", alone.rows);
    let whole = run(Some(bill(&true_lines(&events)))).await;
    assert_eq!((whole.matched, whole.differences), (count, 0));
    assert_eq!(whole.matched_sum, whole.reconciled_sum);
    let open = alone.rows[0].order.clone();

    for (finding, change) in differences(open) {
        let mut lines = true_lines(&events);
        change(&mut lines);
        let found = run(Some(bill(&lines))).await;
        assert_eq!(found.differences, 1, "{finding}");
        let rows: Vec<_> = found.rows.iter().filter(|row| row.finding != "asked, not paid").collect();
        assert_eq!(rows.iter().map(|row| row.finding).collect::<Vec<_>>(), [finding]);
    }
    // An empty bill of a day on which there were payments.
    let day = true_lines(&events)[10].time[..10].to_owned();
    let days = Some((day.clone(), day.clone()));
    let found = payments(&log, None, Some(bill(&[])), days, &mut |_, _| {}).await.unwrap();
    let of_day = true_lines(&events).iter().filter(|line| line.time.starts_with(&day)).count() as u64;
    assert_eq!(found.differences, of_day);
}

type Change = Box<dyn Fn(&mut Vec<Line>)>;

/// Changes of a true bill, and what each must be told as.
fn differences(open: String) -> Vec<(&'static str, Change)> {
    vec![
        ("not in the bill", Box::new(|lines| drop(lines.remove(10)))),
        ("another amount in the bill", Box::new(|lines| lines[10].amount = fen(1))),
        ("another payment in the bill", Box::new(|lines| lines[10].transaction.push('9'))),
        (
            "an order that the books do not know",
            Box::new(|lines| {
                let line =
                    Line { order: "R1".to_owned(), time: lines[10].time.clone(), ..another(&lines[10]) };
                lines.push(line);
            }),
        ),
        (
            "twice in the bill",
            Box::new(|lines| {
                let line = another(&lines[10]);
                lines.push(line);
            }),
        ),
        (
            "a refund that the books do not know",
            Box::new(|lines| {
                let line = Line { state: "REFUND", ..another(&lines[10]) };
                lines.push(line);
            }),
        ),
        (
            "paid by the bill, not by the books",
            Box::new(move |lines| {
                let line = Line { order: open.clone(), ..another(&lines[10]) };
                lines.push(line);
            }),
        ),
    ]
}

fn another(line: &Line) -> Line {
    Line {
        time: line.time.clone(),
        transaction: line.transaction.clone(),
        order: line.order.clone(),
        ..*line
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_reported_is_told_in_a_line() {
    let store = Store::random(56, 100).await;
    let log = store.log().await;
    let head = log.head().await.unwrap().position;
    let refused = async |moment| {
        let error = trial_balance(&log, Some(moment), true, &mut |_, _| {}).await.unwrap_err();
        assert!(!error.to_string().contains('\n'), "{error}");
        error
    };
    let after = Position::from_number(head.number() + 1);
    assert!(
        matches!(refused(Moment::Position(after)).await, ReportError::AfterHead { asked, .. } if asked == after)
    );
    assert!(matches!(refused(Moment::Position(Position::START)).await, ReportError::BeforeFirst { .. }));
    assert!(matches!(
        refused(Moment::Time(Timestamp::default())).await,
        ReportError::BeforeFirst { first: Some(_), .. }
    ));
    for selection in ["liabilities:wallet:77", "liabilities:shop:77", "liabilities:orders:77"] {
        let selection: Selection = selection.parse().unwrap();
        let told = ledger(&log, selection, None, None, &mut |_, _| {}, &mut |_| Ok(())).await.unwrap_err();
        assert!(matches!(told, ReportError::UnknownAccount(_)), "{told}");
    }
    let told = statement(&log, id(77), None, None, &mut |_, _| {}, &mut |_| Ok(())).await.unwrap_err();
    assert!(matches!(told, ReportError::UnknownAccount(_)), "{told}");
    // An account without a movement is known all the same, and so is what was never posted to.
    for known in
        ["liabilities:wallet:100000000000", "liabilities:shop:2", "income:sales", "liabilities:orders"]
    {
        ledger(&log, known.parse().unwrap(), None, None, &mut |_, _| {}, &mut |_| Ok(())).await.unwrap();
    }
    // A broken chain gives no report.
    let copy = store.copy();
    copy.back_door().execute("UPDATE events SET payload = payload || ' ' WHERE position = 9", []).unwrap();
    let told = trial_balance(&copy.log().await, None, true, &mut |_, _| {}).await.unwrap_err();
    assert!(told.to_string().starts_with("position 9, "), "{told}");
}

#[tokio::test]
async fn an_empty_log_has_empty_books() {
    let store = Store::of([]).await;
    let log = store.log().await;
    let report = trial_balance(&log, None, true, &mut |_, _| {}).await.unwrap();
    assert!(report.rows.is_empty() && report.as_of.position == Position::START);
    assert!(orders(&log, None, &mut |_, _| {}).await.unwrap().1.is_empty());
}
