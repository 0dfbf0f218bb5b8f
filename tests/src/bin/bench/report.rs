//! The tables, in Markdown, and what is said while it runs.

use std::io::Write as _;

use comfy_table::{Table, presets};

use crate::books::Books;
use crate::contest::Outcome;
use crate::history::History;
use crate::listing::Listing;
use crate::load::Sample;
use crate::memory::Measured;
use crate::options::{Options, Topic};
use crate::pace::Paces;
use crate::rows::{self, Row, Run};
use crate::shop::Memory;
use crate::stats::{Hundredths, Micros, Spread};
use crate::store::Kind;

/// The slowest one per cent on SQLite must be faster than this.
const P99_GOAL: Micros = Micros(15_000);
/// A long past may make a warm purchase this much slower.
const WARM_GOAL: Hundredths = Hundredths(120);
const COLD_GOAL: Micros = Micros(5_000);
/// The auditor must be so many times faster than hledger.
const BOOKS_GOAL: Hundredths = Hundredths(2_000);
/// A search may take so many times what the same query takes by hand.
const LIST_GOAL: Hundredths = Hundredths(200);
/// Events a second that a projection is rebuilt at on SQLite.
const PACE_GOAL: u64 = 100_000;
const MEMORY_GOAL_MIB: u64 = 200;

/// Writes a line. Nobody is left to tell if standard output is gone.
pub(crate) fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").ok();
}

/// A run has ended.
pub(crate) fn progress(kind: Kind, repetition: u32, run: Run, sample: &Sample) {
    let p99 = if sample.p99_us > 0 { format!(", p99 {} ms", Micros(sample.p99_us)) } else { String::new() };
    say(&format!("{} #{repetition} {}: {}/s{p99}", kind.name(), run.name(), sample.rate_per_s));
}

/// The ratios, then every run by itself.
pub(crate) fn contests(outcomes: &[Outcome], options: &Options) {
    let topics = options.topics();
    let mut table = table(&["store", "ours", "against", "ratio (min–max)", "goal", "met"]);
    for row in rows::wanted(&topics) {
        let Some(outcome) = outcomes.iter().find(|outcome| outcome.kind == row.kind) else { continue };
        table.add_row(ratio_line(row, outcome));
    }
    for outcome in
        outcomes.iter().filter(|outcome| outcome.kind == Kind::Sqlite && topics.contains(&Topic::SqliteEs))
    {
        let p99 = Spread::of(outcome.samples(Run::Everybody).iter().map(|sample| Micros(sample.p99_us)));
        table.add_row([
            outcome.kind.name().to_owned(),
            Run::Everybody.name().to_owned(),
            "99th percentile, ms".to_owned(),
            p99.to_string(),
            format!("under {P99_GOAL}"),
            yes(p99.median < P99_GOAL),
        ]);
    }
    say(&format!("\n{table}"));
    runs(outcomes);
    if topics.contains(&Topic::Growth) {
        growth(outcomes);
    }
}

/// Every run of ours by itself, in turn.
fn growth(outcomes: &[Outcome]) {
    let mut table = table(&[
        "store",
        "events before",
        "per second",
        "p50 ms",
        "p99 ms",
        "longest ms",
        "CPU µs each: server + client + others",
    ]);
    for outcome in outcomes {
        for sample in outcome.samples(Run::Everybody) {
            let cost = sample.cost.unwrap_or_default();
            table.add_row([
                outcome.kind.name().to_owned(),
                sample.events_before.to_string(),
                sample.rate_per_s.to_string(),
                Micros(sample.p50_us).to_string(),
                Micros(sample.p99_us).to_string(),
                Micros(sample.max_us).to_string(),
                format!("{} + {} + {}", cost.server_us, cost.client_us, cost.others_us),
            ]);
        }
    }
    say(&format!("\n{table}"));
}

fn ratio_line(row: &Row, outcome: &Outcome) -> [String; 6] {
    let pairs = outcome.samples(row.ours).iter().zip(outcome.samples(row.against));
    let ratio = Spread::of(pairs.map(|(ours, theirs)| Hundredths::ratio(ours.rate_per_s, theirs.rate_per_s)));
    [
        row.kind.name().to_owned(),
        row.ours.name().to_owned(),
        row.against.name().to_owned(),
        ratio.to_string(),
        row.goal.map_or_else(|| "–".to_owned(), |goal| format!("{goal} or more")),
        row.goal.map_or_else(|| "–".to_owned(), |goal| yes(ratio.median >= goal)),
    ]
}

fn runs(outcomes: &[Outcome]) {
    let mut table = table(&[
        "store",
        "run",
        "per second (min–max)",
        "p50 ms",
        "p99 ms (min–max)",
        "longest ms",
        "events behind at the end",
        "caught up after ms",
        "CPU µs each: server + client + others",
    ]);
    for outcome in outcomes {
        for (run, samples) in &outcome.runs {
            table.add_row(run_line(outcome.kind, *run, samples));
        }
    }
    say(&format!("\n{table}"));
}

fn run_line(kind: Kind, run: Run, samples: &[Sample]) -> [String; 9] {
    let none = || "–".to_owned();
    let timed = samples.iter().any(|sample| sample.max_us > 0);
    let lags: Vec<_> = samples.iter().filter_map(|sample| sample.lag).collect();
    let costs: Vec<_> = samples.iter().filter_map(|sample| sample.cost).collect();
    let median = |values: Vec<u64>| Spread::of(values).median;
    let cost = || {
        let server = median(costs.iter().map(|cost| cost.server_us).collect());
        let client = median(costs.iter().map(|cost| cost.client_us).collect());
        format!("{server} + {client} + {}", median(costs.iter().map(|cost| cost.others_us).collect()))
    };
    let worst =
        |values: &mut dyn Iterator<Item = u64>| values.max().map_or_else(none, |value| value.to_string());
    let micros = |of: fn(&Sample) -> u32| Spread::of(samples.iter().map(|sample| Micros(of(sample))));
    [
        kind.name().to_owned(),
        run.name().to_owned(),
        Spread::of(samples.iter().map(|sample| sample.rate_per_s)).to_string(),
        if timed { micros(|sample| sample.p50_us).median.to_string() } else { none() },
        if timed { micros(|sample| sample.p99_us).to_string() } else { none() },
        if timed { micros(|sample| sample.max_us).max.to_string() } else { none() },
        worst(&mut lags.iter().map(|lag| lag.events)),
        worst(&mut lags.iter().map(|lag| lag.caught_up_ms)),
        if costs.is_empty() { none() } else { cost() },
    ]
}

/// What a long past costs.
pub(crate) fn histories(histories: &[History]) {
    let mut table =
        table(&["store", "purchase, ms (min–max)", "short past", "long past", "ratio", "goal", "met"]);
    for history in histories {
        let events = |balance: &str, count: u64| format!("{balance} ({count} events)");
        table.add_row([
            history.kind.name().to_owned(),
            "warm, median".to_owned(),
            events(&history.warm_short.to_string(), history.short),
            events(&history.warm_long.to_string(), history.long),
            history.warm_ratio.to_string(),
            format!("{WARM_GOAL} or less"),
            yes(history.warm_ratio.median <= WARM_GOAL),
        ]);
        table.add_row([
            history.kind.name().to_owned(),
            "first after a restart".to_owned(),
            events(&history.cold_short.to_string(), history.short),
            events(&history.cold_long.to_string(), history.long),
            "–".to_owned(),
            format!("long past: {COLD_GOAL} or less"),
            yes(history.cold_long.median <= COLD_GOAL),
        ]);
    }
    say(&format!("\n{table}"));
}

/// What a large log takes.
pub(crate) fn memories(memories: &[Measured]) {
    let mut table = table(&[
        "store",
        "events",
        "accounts",
        "MiB (peak): started",
        "views current",
        "after the load",
        "views folded in ms",
        "load per second",
        "goal",
        "met",
    ]);
    for measured in memories {
        let mib = |memory: Memory| format!("{} ({})", memory.now_kib >> 10, memory.peak_kib >> 10);
        table.add_row([
            measured.kind.name().to_owned(),
            measured.events.to_string(),
            measured.accounts.to_string(),
            mib(measured.started),
            mib(measured.current),
            mib(measured.loaded),
            measured.folding_ms.to_string(),
            measured.load.rate_per_s.to_string(),
            format!("under {MEMORY_GOAL_MIB}"),
            yes(measured.loaded.peak_kib >> 10 < MEMORY_GOAL_MIB),
        ]);
    }
    say(&format!("\n{table}"));
}

/// The auditor against hledger.
pub(crate) fn books(books: &Books) {
    let heading = format!("{} commits ({} events)", books.commits, books.events);
    let mut table =
        table(&[&heading, "ms (min–max)", "against", "ms (min–max)", "ratio (min–max)", "goal", "met"]);
    for rivals in &books.rivals {
        table.add_row([
            rivals.ours.to_owned(),
            rivals.ours_ms.to_string(),
            rivals.theirs.to_owned(),
            rivals.theirs_ms.to_string(),
            rivals.ratio.to_string(),
            format!("{BOOKS_GOAL} or more"),
            yes(rivals.ratio.median >= BOOKS_GOAL),
        ]);
    }
    say(&format!("\n{table}"));
}

/// Events a second, and memory, over a shorter and a longer log.
pub(crate) fn paces(paces: &[Paces]) {
    let mut table =
        table(&["store", "events", "work", "events per second (min–max)", "peak MiB", "goal", "met"]);
    for Paces { kind, lengths } in paces {
        for (events, rows) in lengths {
            for row in rows {
                let is_aimed_at = *kind == Kind::Sqlite && row.is_one_projection;
                let none = || "–".to_owned();
                table.add_row([
                    kind.name().to_owned(),
                    events.to_string(),
                    row.work.to_owned(),
                    row.rate_per_s.to_string(),
                    row.peak_mib.to_string(),
                    if is_aimed_at { format!("{PACE_GOAL} or more") } else { none() },
                    if is_aimed_at { yes(row.rate_per_s.median >= PACE_GOAL) } else { none() },
                ]);
            }
        }
    }
    say(&format!("\n{table}"));
}

/// A search among many products.
pub(crate) fn listings(listings: &[Listing]) {
    let mut table = table(&[
        "store",
        "search",
        "found",
        "over HTTP, ms (min–max)",
        "by hand, ms (min–max)",
        "ratio (min–max)",
        "goal",
        "met",
        "64 connections, per second",
        "p50 ms",
        "p99 ms (min–max)",
    ]);
    for Listing { kind, products, searches } in listings {
        for search in searches {
            let micros =
                |of: fn(&Sample) -> u32| Spread::of(search.loads.iter().map(|sample| Micros(of(sample))));
            table.add_row([
                kind.name().to_owned(),
                search.about.to_owned(),
                format!("{} of {products}", search.found),
                search.ours.to_string(),
                format!("{} {}", search.by_hand, search.program),
                search.ratio.to_string(),
                format!("{LIST_GOAL} or less"),
                yes(search.ratio.median <= LIST_GOAL),
                Spread::of(search.loads.iter().map(|sample| sample.rate_per_s)).to_string(),
                micros(|sample| sample.p50_us).median.to_string(),
                micros(|sample| sample.p99_us).to_string(),
            ]);
        }
    }
    say(&format!("\n{table}"));
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    table
}

fn yes(met: bool) -> String {
    if met { "yes" } else { "no" }.to_owned()
}
