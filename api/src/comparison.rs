//! The views beside the books: what they say at the position they have folded, against what the log comes to there.

use std::collections::BTreeMap;
use std::fmt::Display;

use audit::{Breach, Point, Verifier, VerifyError};
use kernel::{AccountId, Money};
use projections::{Figures, Folded, LedgerKind, Position, QueryError};

/// Rows read at a time.
const PAGE: u32 = 1_000;

/// What became of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Everything agrees at that position.
    All(Position),
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
    Views(#[from] QueryError),
}

/// Verifies the log up to where the views are, and compares them there. `open` begins to read the views, all of them of one
/// moment.
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
    if let Some(Folded { position, .. }) = at_one_position(&figures.folded().await?) {
        drop(figures);
        if position > verifier.position() {
            verifier.advance(position, progress).await?;
        }
    }
    let Some(mut figures) = open().await? else {
        return Ok(Compared::Nothing("there are none any more"));
    };
    let Some(folded) = at_one_position(&figures.folded().await?) else {
        return Ok(Compared::Nothing(
            "they are not all at one position: a projection has stopped, is being rebuilt, or was never folded",
        ));
    };
    if folded.position < verifier.position() {
        return Ok(Compared::Nothing("they are behind where this verification began"));
    }
    verifier.advance(folded.position, progress).await?;
    let reached = verifier.reached();
    same(
        "the views stand on this log",
        "checkpoints",
        reached.hash,
        folded.hash.unwrap_or(Point::GENESIS.hash),
    )?;
    compare_figures(verifier, &mut figures).await?;
    Ok(Compared::All(folded.position))
}

/// Where all projections are, if they are at one position.
fn at_one_position(folded: &[Folded]) -> Option<Folded> {
    let first = folded.first()?;
    let position_of = |name| folded.iter().find(|row| row.projection == name).map(|row| row.position);
    projections::all().names().all(|name| position_of(name) == Some(first.position)).then(|| first.clone())
}

async fn compare_figures(verifier: &Verifier, figures: &mut Figures) -> Result<(), ComparisonError> {
    for kind in [LedgerKind::Balance, LedgerKind::Coupon] {
        let is_coupon = kind == LedgerKind::Coupon;
        let own = verifier.holdings().filter(|holding| holding.is_coupon == is_coupon);
        let mut own: BTreeMap<AccountId, (Money, u64)> =
            own.map(|holding| (holding.account, (holding.held, holding.entries))).collect();
        compare_holdings(figures, kind, &own).await?;
        compare_ledger(figures, kind, &mut own).await?;
    }
    compare_products(verifier, figures).await?;
    let ((count, total), (count_seen, total_seen)) = (verifier.purchases(), figures.purchases().await?);
    same("the views count the purchases", "purchases", count, count_seen)?;
    same("the views sum up the purchases", "purchases", total, total_seen)?;
    same("the views sum up the recharges", "recharges", verifier.recharged(), figures.recharged().await?)
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

/// What the entries of the ledger come to. Empties `own`.
async fn compare_ledger(
    figures: &mut Figures,
    kind: LedgerKind,
    own: &mut BTreeMap<AccountId, (Money, u64)>,
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
