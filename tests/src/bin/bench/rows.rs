//! The rows of the table of ratios: which run stands against which, and what is aimed at.

use crate::options::Topic;
use crate::stats::Hundredths;
use crate::store::Kind;

/// Something that runs for some seconds and is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// Ours: 64 connections, any of the buyers, any of the products.
    Everybody,
    /// Ours: 64 connections that buy for one account.
    HotBuyer,
    /// Ours: 64 connections that buy one product.
    HotProduct,
    /// Ours: one connection.
    Alone,
    /// Ours: 64 connections that apply and pay over the campus API.
    Campus,
    /// cqrs-es and postgres-es, 64 connections.
    Cqrs,
    /// sqlite-es, 64 connections.
    SqliteEs,
    /// pgbench, 64 clients, statements prepared once.
    Pgbench,
    /// pgbench, 64 clients, statements as text.
    PgbenchSimple,
    /// pgbench, one client.
    PgbenchAlone,
}

impl Run {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Everybody => "suanpan: 1,000 buyers, 1,000 products",
            Self::HotBuyer => "suanpan: one buyer, 1,000 products",
            Self::HotProduct => "suanpan: 1,000 buyers, one product",
            Self::Alone => "suanpan: one connection",
            Self::Campus => "suanpan: campus, apply and pay",
            Self::Cqrs => "cqrs-es + postgres-es, three events and a view",
            Self::SqliteEs => "sqlite-es, one event",
            Self::Pgbench => "pgbench -c 64 -M prepared, one row",
            Self::PgbenchSimple => "pgbench -c 64 -M simple, one row",
            Self::PgbenchAlone => "pgbench -c 1 -M prepared, one row",
        }
    }
}

/// One line: ours over the other's, in purchases (commands, transactions) a second.
#[derive(Debug)]
pub(crate) struct Row {
    topic: Topic,
    pub(crate) kind: Kind,
    pub(crate) ours: Run,
    pub(crate) against: Run,
    /// At least this; `None` is measured for information.
    pub(crate) goal: Option<Hundredths>,
}

const fn row(topic: Topic, kind: Kind, ours: Run, against: Run, goal: u64) -> Row {
    Row { topic, kind, ours, against, goal: Some(Hundredths(goal)) }
}

/// Measured for information.
const fn aside(topic: Topic, kind: Kind, ours: Run, against: Run) -> Row {
    Row { topic, kind, ours, against, goal: None }
}

/// The table.
pub(crate) const ROWS: [Row; 11] = [
    row(Topic::Cqrs, Kind::Postgres, Run::Everybody, Run::Cqrs, 800),
    row(Topic::SqliteEs, Kind::Sqlite, Run::Everybody, Run::SqliteEs, 600),
    row(Topic::Pgbench, Kind::Postgres, Run::Everybody, Run::Pgbench, 100),
    aside(Topic::Pgbench, Kind::Postgres, Run::Everybody, Run::PgbenchSimple),
    row(Topic::Hot, Kind::Sqlite, Run::HotBuyer, Run::Everybody, 80),
    row(Topic::Hot, Kind::Sqlite, Run::HotProduct, Run::Everybody, 80),
    row(Topic::Hot, Kind::Postgres, Run::HotBuyer, Run::Everybody, 80),
    row(Topic::Hot, Kind::Postgres, Run::HotProduct, Run::Everybody, 80),
    row(Topic::Single, Kind::Postgres, Run::Alone, Run::PgbenchAlone, 50),
    aside(Topic::Campus, Kind::Sqlite, Run::Campus, Run::Everybody),
    aside(Topic::Campus, Kind::Postgres, Run::Campus, Run::Everybody),
];

/// The rows of these topics.
pub(crate) fn wanted(topics: &[Topic]) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(|row| topics.contains(&row.topic))
}

/// The runs on this store that the rows of these topics need, each once, rivals next to each other.
pub(crate) fn runs(kind: Kind, topics: &[Topic]) -> Vec<Run> {
    let mut runs = if topics.contains(&Topic::Growth) { vec![Run::Everybody] } else { Vec::new() };
    for row in wanted(topics).filter(|row| row.kind == kind) {
        for run in [row.ours, row.against] {
            if !runs.contains(&run) {
                runs.push(run);
            }
        }
    }
    runs
}
