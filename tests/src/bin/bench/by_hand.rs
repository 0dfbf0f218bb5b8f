//! The query of a search as one writes it by hand, in the database's own client: `psql`, or `sqlite3` beside the server.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tests::Place;

use crate::options::Surroundings;

/// What stands between the answers to two queries.
const MARK: &str = "-- next --";

/// Left to itself, SQLite goes through an index here and reads the products in no order, which takes ten times as long.
const SQLITE_HINT: &str = "NOT INDEXED";

/// The columns that an answer of the API has, of products on sale in shops of the campus, in the order of listing.
const QUERY: &str = "SELECT p.id, p.name, p.description, p.keywords, p.price, p.discount, COALESCE(t.sold, 0), p.shop, \
    p.created_at, p.updated_at, p.icon, p.status FROM products p HINT JOIN shops s ON s.id = p.shop \
    LEFT JOIN product_sales t ON t.product = p.id \
    WHERE s.named = 1 AND p.status = 'on_sale' AND p.name LIKE '%NEEDLE%' ORDER BY p.position LIMIT 1000;";

/// The database's own client.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    command: Command,
    /// How it is told to print something.
    print: &'static str,
    /// What makes the query fast there.
    hint: &'static str,
}

impl Client {
    pub(crate) fn of(place: &Place, surroundings: &Surroundings) -> Self {
        match place {
            Place::Folder(folder) => {
                let mut command = Command::new(&surroundings.sqlite3);
                command.args(["-batch", "-bail", "-readonly"]).arg(folder.path().join("views.db"));
                Self { name: "sqlite3", command, print: ".print", hint: SQLITE_HINT }
            }
            Place::Postgres(database, _) => {
                let mut command = Command::new(surroundings.postgres_programs.join("psql"));
                command.args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1"]).arg(database.url());
                command.env("PGOPTIONS", "-c search_path=views");
                Self { name: "psql", command, print: "\\echo", hint: "" }
            }
        }
    }

    /// Runs the queries in one process; gives the ids that each found, in order, and how long the process took.
    pub(crate) fn find(&mut self, needles: &[&str]) -> Result<(Vec<Vec<u64>>, Duration)> {
        let Self { name, command, print, hint } = self;
        let query = QUERY.replace("HINT", hint);
        let one = |needle: &&str| format!("{}\n{print} {MARK}\n", query.replace("NEEDLE", needle));
        let script: String = needles.iter().map(one).collect();
        let begun = Instant::now();
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(|| name.to_owned())?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        let writing = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
        let output = child.wait_with_output().with_context(|| name.to_owned())?;
        let took = begun.elapsed();
        ensure!(output.status.success(), "{name} ended with {}", output.status);
        ensure!(matches!(writing.join(), Ok(Ok(()))), "{name} did not read its queries");
        let told = String::from_utf8_lossy(&output.stdout);
        let found = told.split_terminator(&format!("{MARK}\n")).map(ids).collect::<Result<Vec<_>>>()?;
        ensure!(found.len() == needles.len(), "{name} answered {} of {} queries", found.len(), needles.len());
        Ok((found, took))
    }
}

fn ids(rows: &str) -> Result<Vec<u64>> {
    let id = |row: &str| row.split('|').next().and_then(|id| id.parse().ok()).with_context(|| row.to_owned());
    rows.lines().map(id).collect()
}
