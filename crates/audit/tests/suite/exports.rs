//! What is exported is loaded by tools that others wrote; their checks pass, and every balance is ours to the fen.

use std::collections::BTreeMap;
use std::path::PathBuf;

use audit::{ExportFormat, Moment, export, trial_balance};
use kernel::Money;
use serde_json::Value;

use crate::history::{Dice, History};
use crate::store::Store;
use crate::tools::{hledger, python_with_beancount, run};

type Balances = BTreeMap<String, Money>;

/// Loads a file with beancount; for each day the balance of every account at its end, as sums of postings.
const BEANCOUNT: &str = r"
import collections, datetime, json, sys
from beancount import loader
from beancount.core import data
entries, errors, _ = loader.load_file(sys.argv[1])
for error in errors:
    print(error.message, file=sys.stderr)
result = {}
for day in sys.argv[2:]:
    sums = collections.Counter()
    for entry in entries:
        if isinstance(entry, data.Transaction) and entry.date <= datetime.date.fromisoformat(day):
            for posting in entry.postings:
                assert posting.units.currency == 'CNY'
                sums[posting.account] += posting.units.number
    result[day] = {account: str(number) for account, number in sums.items()}
checked = sum(isinstance(entry, data.Balance) for entry in entries)
hashes = sum('hash' in entry.meta for entry in entries if isinstance(entry, data.Transaction))
print(json.dumps({'balances': result, 'assertions': checked, 'hashes': hashes}))
";

async fn written(
    store: &Store,
    format: ExportFormat,
    since: Option<Moment>,
    until: Option<Moment>,
) -> String {
    let mut out = Vec::new();
    export(&store.log().await, format, since, until, &mut |_, _| {}, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

async fn saved(
    store: &Store,
    format: ExportFormat,
    since: Option<Moment>,
    until: Option<Moment>,
) -> (PathBuf, String) {
    let path = store.path().join(format!("{format:?}.export"));
    let text = written(store, format, since, until).await;
    std::fs::write(&path, &text).unwrap();
    (path, text)
}

/// Our balances at the end of a day, those of nothing left out.
async fn ours(store: &Store, day: &str) -> Balances {
    let moment = Some(Moment::until(day).unwrap());
    let report = trial_balance(&store.log().await, moment, true, &mut |_, _| {}).await.unwrap();
    assert_eq!(report.debit, report.credit);
    let balances = report.rows.into_iter().map(|row| (row.account, row.debit.minus(row.credit).unwrap()));
    balances.filter(|(_, balance)| *balance != Money::ZERO).collect()
}

/// Five days out of those that the history spans, and its last.
async fn some_days(store: &Store, seed: u64) -> Vec<String> {
    let log = store.log().await;
    let all = log.read_all(event_store::Position::START, 1_000_000).await.unwrap();
    let (first, last) = (all.first().unwrap().recorded_at, all.last().unwrap().recorded_at);
    let mut dice = Dice::new(seed);
    let day = |seconds: i64| first.plus_seconds(seconds).shanghai()[..10].to_owned();
    let span = last.seconds() - first.seconds();
    assert!(span > 30 * 86_400, "the history is too short");
    let mut days: Vec<String> =
        (0..5).map(|_| day(i64::try_from(dice.below(span.unsigned_abs())).unwrap())).collect();
    days.push(day(span));
    days
}

fn theirs(csv: &str) -> Balances {
    let lines =
        csv.lines().skip(1).filter(|line| !line.starts_with("\"total\"") && !line.starts_with("\"Total"));
    lines
        .map(|line| {
            let (account, balance) = line.trim_matches('"').split_once("\",\"").unwrap();
            let number = balance.strip_suffix(" CNY").unwrap_or(balance);
            (account.to_owned(), number.parse().unwrap())
        })
        .filter(|(_, balance)| *balance != Money::ZERO)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hledger_checks_it_and_has_every_balance() {
    let store = Store::of(History::new(41, 40, 3_600).commits(6_000)).await;
    let (path, text) = saved(&store, ExportFormat::Hledger, None, None).await;
    let (program, file) = (hledger(), path.to_str().unwrap());
    run(&program, &["-f", file, "check", "--strict", "ordereddates"]);
    assert!(text.matches(" CNY = ").count() > 500, "too few assertions");
    for day in some_days(&store, 1).await {
        let next = next_day(&day);
        let csv = run(&program, &["-f", file, "balance", "--flat", "-E", "-O", "csv", "-e", &next]);
        let ours = ours(&store, &day).await;
        assert!(ours.len() > 3);
        assert_eq!(theirs(&csv), ours, "at the end of {day}");
    }
    // A transaction a commit, each with position and hash as tags that hledger itself finds.
    let tagged = run(&program, &["-f", file, "tags", "hash", "--values"]);
    assert_eq!(tagged.lines().count(), text.matches("; position:").count());
}

fn next_day(day: &str) -> String {
    let begin = kernel::Timestamp::from_shanghai(&format!("{day} 00:00:00")).unwrap();
    begin.plus_seconds(86_400).shanghai()[..10].to_owned()
}

/// The name that beancount has for an account.
fn capitals(account: &str) -> String {
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    account.split(':').map(capital).collect::<Vec<_>>().join(":")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beancount_checks_it_and_has_every_balance() {
    let store = Store::of(History::new(42, 40, 3_600).commits(6_000)).await;
    let (path, text) = saved(&store, ExportFormat::Beancount, None, None).await;
    let (python, file) = (python_with_beancount(), path.to_str().unwrap());
    run(&python.with_file_name("bean-check"), &[file]);
    let days = some_days(&store, 2).await;
    let mut args = vec!["-c", BEANCOUNT, file];
    args.extend(days.iter().map(String::as_str));
    let told: Value = serde_json::from_str(&run(&python, &args)).unwrap();
    assert!(told["assertions"].as_u64().unwrap() > 500);
    assert_eq!(told["hashes"].as_u64().unwrap(), text.matches("  hash: ").count() as u64);
    for day in days {
        let found = told["balances"][&day].as_object().unwrap().iter();
        let found = found.map(|(account, sum)| (account.clone(), sum.as_str().unwrap().parse().unwrap()));
        let found: Balances = found.filter(|(_, sum)| *sum != Money::ZERO).collect();
        let ours =
            ours(&store, &day).await.into_iter().map(|(account, sum)| (capitals(&account), sum)).collect();
        assert_eq!(found, ours, "at the end of {day}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_balance_would_be_found_by_both() {
    let store = Store::random(43, 500).await;
    for (format, from) in
        [(ExportFormat::Hledger, "0.00 CNY = "), (ExportFormat::Beancount, "balance Assets:Wechat  ")]
    {
        let (path, text) = saved(&store, format, None, None).await;
        std::fs::write(&path, text.replacen(from, &format!("{from}1"), 1)).unwrap();
        let (program, args) = if format == ExportFormat::Beancount {
            (python_with_beancount().with_file_name("bean-check"), vec![])
        } else {
            (hledger(), vec!["check", "-f"])
        };
        let output =
            std::process::Command::new(program).args(args).arg(&path).env("LC_ALL", "C.UTF-8").output();
        assert!(!output.unwrap().status.success(), "{format:?} takes a wrong balance");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_begins_with_what_stood_before_it() {
    let store = Store::random(44, 2_000).await;
    let days = some_days(&store, 3).await;
    let (mut since, mut until) = (days[0].clone(), days[1].clone());
    if since > until {
        std::mem::swap(&mut since, &mut until);
    }
    let moments = || (Some(Moment::since(&since).unwrap()), Some(Moment::until(&until).unwrap()));
    let ours = ours(&store, &until).await;
    let (path, text) = saved(&store, ExportFormat::Hledger, moments().0, moments().1).await;
    let file = path.to_str().unwrap();
    assert!(text.contains("opening balances"));
    run(&hledger(), &["-f", file, "check", "--strict", "ordereddates"]);
    assert_eq!(theirs(&run(&hledger(), &["-f", file, "balance", "--flat", "-E", "-O", "csv"])), ours);
    let (path, _) = saved(&store, ExportFormat::Beancount, moments().0, moments().1).await;
    run(&python_with_beancount().with_file_name("bean-check"), &[path.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_and_json_lines_hold_every_posting_and_commit() {
    let store = Store::random(45, 800).await;
    let report = store.verify().await.unwrap();
    let csv = written(&store, ExportFormat::Csv, None, None).await;
    let jsonl = written(&store, ExportFormat::Jsonl, None, None).await;
    let lines: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, report.counts.commits);
    let events = lines.iter().flat_map(|line| line["events"].as_array().unwrap());
    assert_eq!(events.clone().count() as u64, report.counts.events);
    let last = lines.last().unwrap();
    assert_eq!(last["hash"].as_str().unwrap(), report.last.hash.to_string());
    let postings = events.flat_map(|event| event["postings"].as_array().unwrap()).count();
    assert_eq!(csv_rows(&csv).len(), postings + 1);
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for row in &csv_rows(&csv)[1..] {
        let amount: Money = row[6].parse().unwrap();
        *sums.entry(row[5].rsplit_once(':').map_or(&*row[5], |(class, _)| class).to_owned()).or_default() +=
            amount.fen();
    }
    assert_eq!(sums["liabilities:wallet"], report.totals["liabilities:wallet"].fen());
    assert_eq!(sums["liabilities:orders"], 0);
}

/// Rows of CSV, by a reader of our own that knows quotes.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => cell.push(letters.next().unwrap()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            other => cell.push(other),
        }
    }
    let width = rows.first().map_or(0, Vec::len);
    assert!(rows.iter().all(|row: &Vec<String>| row.len() == width));
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_past_is_written_the_same_for_ever() {
    let mut history = History::new(46, 20, 3_600);
    let store = Store::of(history.commits(400)).await;
    let head = store.log().await.head().await.unwrap().position;
    let until = Some(Moment::Position(head));
    let mut before = Vec::new();
    for format in [ExportFormat::Hledger, ExportFormat::Beancount, ExportFormat::Csv, ExportFormat::Jsonl] {
        before.push((format, written(&store, format, None, until).await));
    }
    store.append(history.commits(400)).await;
    for (format, text) in before {
        assert!(written(&store, format, None, until).await == text, "{format:?} tells another past");
    }
}
