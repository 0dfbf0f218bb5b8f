//! The views beside the books: what they say at the position they have folded, against what the log comes to there.

use std::collections::BTreeMap;
use std::fmt::Display;

use audit::{Breach, Point, Verifier, VerifyError};
use kernel::{AccountId, Money};
use projections::{Figures, Folded, Hash, LedgerKind, Position, QueryError};

/// Rows read at a time.
const PAGE: u32 = 1_000;

/// What became of the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Everything agrees at that position.
    All(Position),
    /// Not all views were compared, or not at one position: those that agree, each at its own, and why the others were left out.
    Each {
        /// Where each agrees.
        agreed: BTreeMap<&'static str, Position>,
        /// Why the others were left out.
        left_out: BTreeMap<&'static str, &'static str>,
    },
    /// There was nothing to compare, and why.
    Nothing(&'static str),
}

/// Why a comparison ended early.
#[derive(Debug, thiserror::Error)]
pub enum ComparisonError {
    /// The log or the views are not as they must be, or the log cannot be read.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The views cannot be read.
    #[error(transparent)]
    Views(QueryError),
}

/// Views without what is read from them are not as they must be.
impl From<QueryError> for ComparisonError {
    fn from(error: QueryError) -> Self {
        match error.flaw() {
            Some(found) => {
                let expected = "the tables and values that a projection writes".to_owned();
                let rule = "the views can be read";
                let stream = Some("views".to_owned());
                Self::Verify(Breach { position: None, stream, rule, expected, found }.into())
            }
            None => Self::Views(error),
        }
    }
}

/// A projection and where it stands.
struct Place {
    projection: &'static str,
    position: Position,
    hash: Hash,
}

/// Verifies the log up to where the views are, and compares each of them there. `open` begins to read the views, all of them of
/// one moment.
///
/// # Errors
/// [`ComparisonError`]: the first breach, of the log or the views.
pub async fn compare_views(
    verifier: &mut Verifier,
    open: impl AsyncFn() -> Result<Option<Figures>, QueryError>,
    progress: &mut (dyn FnMut(Position) + Send),
) -> Result<Compared, ComparisonError> {
    // First most of the way, so that the views are held still for a moment only.
    let Some(mut figures) = open().await? else {
        return Ok(Compared::Nothing("there are none yet"));
    };
    let (places, _) = places(&figures.folded().await?);
    drop(figures);
    if let Some(first) = places.first().filter(|first| first.position > verifier.position()) {
        verifier.advance(first.position, progress).await?;
    }
    let Some(mut figures) = open().await? else {
        return Ok(Compared::Nothing("there are none any more"));
    };
    compare_each(verifier, &mut figures, progress).await
}

async fn compare_each(
    verifier: &mut Verifier,
    figures: &mut Figures,
    progress: &mut (dyn FnMut(Position) + Send),
) -> Result<Compared, ComparisonError> {
    let (places, mut left_out) = places(&figures.folded().await?);
    let mut agreed = BTreeMap::new();
    for Place { projection, position, hash } in places {
        if position < verifier.position() {
            left_out.insert(projection, BEHIND);
            continue;
        }
        if position > verifier.position() {
            verifier.advance(position, progress).await?;
        }
        same("the views stand on this log", projection, verifier.reached().hash, hash)?;
        if compare_figures(verifier, figures, projection).await? {
            agreed.insert(projection, position);
        } else {
            left_out.insert(projection, UNKNOWN);
        }
    }
    let mut positions = agreed.values().copied();
    let first = positions.next();
    Ok(match first {
        Some(one) if left_out.is_empty() && positions.all(|other| other == one) => Compared::All(one),
        None | Some(_) => Compared::Each { agreed, left_out },
    })
}

const BEHIND: &str = "behind where this verification began";
const NEVER_FOLDED: &str = "never folded";
const UNKNOWN: &str = "this program does not know what to compare it with";
const OTHER_VERSION: &str = "of another version, which a server folds anew before it reads them";

/// Where each projection stands, the one that is furthest behind first; and why others stand nowhere.
fn places(folded: &[Folded]) -> (Vec<Place>, BTreeMap<&'static str, &'static str>) {
    let (mut places, mut left_out) = (Vec::new(), BTreeMap::new());
    for (projection, version) in projections::all().versions() {
        match folded.iter().find(|row| row.projection == projection) {
            None => {
                left_out.insert(projection, NEVER_FOLDED);
            }
            Some(row) if row.version != i64::from(version) => {
                left_out.insert(projection, OTHER_VERSION);
            }
            Some(Folded { position, hash, .. }) => {
                let hash = hash.unwrap_or(Point::GENESIS.hash);
                places.push(Place { projection, position: *position, hash });
            }
        }
    }
    places.sort_by_key(|place| place.position);
    (places, left_out)
}

/// Compares what the tables of one projection come to; `false` if it is none that is known here.
async fn compare_figures(
    verifier: &Verifier,
    figures: &mut Figures,
    projection: &str,
) -> Result<bool, ComparisonError> {
    match projection {
        "accounts" => {
            for kind in KINDS {
                compare_holdings(figures, kind, &holdings(verifier, kind)).await?;
            }
        }
        "ledger" => {
            for kind in KINDS {
                compare_ledger(figures, kind, holdings(verifier, kind)).await?;
            }
        }
        "catalog" => compare_products(verifier, figures).await?,
        "purchases" => {
            let ((count, total), (count_seen, total_seen)) =
                (verifier.purchases(), figures.purchases().await?);
            same("the views count the purchases", "purchases", count, count_seen)?;
            same("the views sum up the purchases", "purchases", total, total_seen)?;
        }
        "recharges" => same(
            "the views sum up the recharges",
            "recharges",
            verifier.recharged(),
            figures.recharged().await?,
        )?,
        // No figure of theirs is in the books.
        "carts" | "notices" => {}
        _ => return Ok(false),
    }
    Ok(true)
}

const KINDS: [LedgerKind; 2] = [LedgerKind::Balance, LedgerKind::Coupon];

/// What each purse holds by the log, and after how many entries.
fn holdings(verifier: &Verifier, kind: LedgerKind) -> BTreeMap<AccountId, (Money, u64)> {
    let own = verifier.holdings().filter(|holding| holding.is_coupon == (kind == LedgerKind::Coupon));
    own.map(|holding| (holding.account, (holding.held, holding.entries))).collect()
}

/// What accounts hold, both ways: no row too many, none too few.
async fn compare_holdings(
    figures: &mut Figures,
    kind: LedgerKind,
    own: &BTreeMap<AccountId, (Money, u64)>,
) -> Result<(), ComparisonError> {
    let (mut after, mut rows) = (None, 0);
    loop {
        let page = figures.holdings(kind, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        rows += page.len();
        for (account, held) in page {
            let expected = own.get(&account).map(|(held, _)| *held);
            let stream = format!("{}/{account}", name(kind));
            same("the views know what accounts hold", &stream, told(expected), told(Some(held)))?;
        }
    }
    same("the views know every account that holds something", name(kind), own.len(), rows)
}

/// What the entries of the ledger come to.
async fn compare_ledger(
    figures: &mut Figures,
    kind: LedgerKind,
    mut own: BTreeMap<AccountId, (Money, u64)>,
) -> Result<(), ComparisonError> {
    let mut after = None;
    loop {
        let page = figures.ledger(kind, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.account);
        for row in page {
            let (held, entries) = own.remove(&row.account).unwrap_or_default();
            let stream = format!("{}/{}", name(kind), row.account);
            same("the views have every entry", &stream, entries, row.entries)?;
            same("the views' entries come to what is held", &stream, held, row.sum)?;
        }
    }
    let missing = own.keys().next().map_or("none".to_owned(), |account| format!("none of account {account}"));
    same("the views have a ledger for every account", name(kind), "none".to_owned(), missing)
}

async fn compare_products(verifier: &Verifier, figures: &mut Figures) -> Result<(), ComparisonError> {
    let mut own: BTreeMap<_, _> = verifier.products().map(|product| (product.product, product)).collect();
    let mut after = None;
    loop {
        let page = figures.products(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.product);
        for row in page {
            let stream = format!("product/{}", row.product);
            let Some(product) = own.remove(&row.product) else {
                return same("the views list no product of their own", &stream, "none", "one");
            };
            same("the views count what was sold", &stream, product.sold, row.sold)?;
            same("the views know the price", &stream, product.price, row.price)?;
            same("the views know what is on sale", &stream, product.is_on_sale, row.is_on_sale)?;
        }
    }
    same("the views list every product", "products", 0, own.len())
}

const fn name(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Balance => "balance",
        LedgerKind::Coupon => "coupon",
    }
}

fn told(held: Option<Money>) -> String {
    held.map_or("no such account".to_owned(), |held| held.to_string())
}

/// Makes sure that the views say what the books say.
fn same<T: PartialEq + Display>(
    rule: &'static str,
    of: &str,
    expected: T,
    found: T,
) -> Result<(), ComparisonError> {
    if expected == found {
        return Ok(());
    }
    let (expected, found) = (expected.to_string(), found.to_string());
    let breach = Breach { position: None, stream: Some(format!("views of {of}")), rule, expected, found };
    Err(VerifyError::from(breach).into())
}
