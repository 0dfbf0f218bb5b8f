//! `/v1/payments`: payments at WeChat that are not reconciled; with a bill of WeChat's, every difference.

use audit::{Bill, Moment, Standing};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::ToSchema;

use super::envelope::{Failure, Reply};
use super::moments::{self, AsOfView};
use super::output::{place, report_in};
use super::validator::Validator;
use super::who;
use crate::http::ask::Ask;
use crate::http::body;
use crate::http::fault::{Fault, Transport};
use crate::http::params::Params;
use crate::state::App;

/// The longest bill that is taken, in bytes: about 30,000 lines. `suanpan audit payments` takes longer ones.
pub(super) const BILL_BODY_BYTES_MAX: usize = 8 << 20;

/// A payment that is not, or not everywhere, what it should be. Amounts are in fen.
#[derive(Serialize, ToSchema)]
#[schema(as = native::PaymentRow)]
struct PaymentRow {
    /// The order's number at WeChat.
    order: String,
    /// Whose balance it is for, if the log knows the order.
    account: Option<u64>,
    /// What is open or differs.
    finding: &'static str,
    /// When it was asked for, or the time of the bill's line, in UTC.
    time: String,
    /// What was asked for.
    asked: i64,
    /// What WeChat told us was paid.
    noticed: i64,
    /// What was credited.
    credited: i64,
    /// What was refunded, by the books.
    refunded: i64,
    /// What the bill's line says: a refund below nothing.
    billed: Option<i64>,
    /// WeChat's number of the payment.
    transaction: String,
}

/// How much is reconciled, in fen.
#[derive(Serialize, ToSchema)]
#[schema(as = native::PaymentsSummary)]
struct PaymentsSummary {
    /// Which moment.
    as_of: AsOfView,
    /// Payments that were asked, noticed and credited alike.
    reconciled: u64,
    /// What they come to.
    reconciled_sum: i64,
    /// Lines of the bill that a payment fits.
    matched: u64,
    /// What they come to.
    matched_sum: i64,
    /// Rows in which the bill and the books differ.
    differences: u64,
}

/// What is not reconciled.
#[derive(ToSchema)]
#[schema(as = native::Payments)]
#[expect(dead_code, reason = "it describes what is written row by row")]
pub(super) struct Payments {
    /// `payments`
    report: String,
    /// Oldest first.
    rows: Vec<PaymentRow>,
    summary: PaymentsSummary,
}

impl From<audit::PaymentRow> for PaymentRow {
    fn from(row: audit::PaymentRow) -> Self {
        Self {
            order: row.order,
            account: row.account.map(kernel::AccountId::get),
            finding: row.finding,
            time: row.time.to_string(),
            asked: row.asked.fen(),
            noticed: row.noticed.fen(),
            credited: row.credited.fen(),
            refunded: row.refunded.fen(),
            billed: row.billed.map(kernel::Money::fen),
            transaction: row.transaction,
        }
    }
}

impl From<&audit::Payments> for PaymentsSummary {
    fn from(made: &audit::Payments) -> Self {
        Self {
            as_of: (&made.as_of).into(),
            reconciled: made.reconciled,
            reconciled_sum: made.reconciled_sum.fen(),
            matched: made.matched,
            matched_sum: made.matched_sum.fen(),
            differences: made.differences,
        }
    }
}

/// The payments that are not reconciled.
#[utoipa::path(
    get, path = "/v1/payments", tag = "native",
    params(("at" = Option<String>, Query,
        description = "At this position or time (a date is its end); now, if left out")),
    responses((status = 200, description = "What is open", body = Payments, headers(("ETag" = String)))),
    security(("bearer" = [])),
)]
pub(super) async fn payments(State(app): State<App>, ask: Ask) -> Reply {
    who::reading(&app, &ask).await?;
    let standing = moments::standing(&app, &ask.query()?).await?;
    let validator = Validator::new(&ask, standing.hash, standing.is_past);
    if let Some(response) = validator.not_modified(&ask) {
        return Ok(response);
    }
    let place = place(&app)?;
    made(&app, Some(&validator), place, standing, None, None).await
}

/// The payments that are not reconciled, and every difference between a bill and the books.
///
/// The body is WeChat Pay's bill of all trades (交易账单): CSV in UTF-8, unpacked, at most 8 MiB. It is kept nowhere.
#[utoipa::path(
    post, path = "/v1/payments", tag = "native",
    params(
        ("at" = Option<String>, Query, description = "At this position or time (a date is its end); now, if left out"),
        ("day" = Option<String>, Query, description = "The day of the bill, `2026-01-31`; those of its lines, if left out"),
    ),
    request_body(content = String, content_type = "text/csv", description = "The bill"),
    responses((status = 200, description = "What is open or differs", body = Payments)),
    security(("bearer" = [])),
)]
pub(super) async fn bill(State(app): State<App>, request: Request) -> Reply {
    let (ask, sent) = Ask::without_body(request, &app.config.proxies);
    let prepared = prepare(&app, &ask).await;
    let (standing, days, place) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            // Whoever may not ask is not heard out for as long as whoever may.
            body::forget_body(sent, 0).await;
            return Err(failure);
        }
    };
    let bytes = body::read(sent, BILL_BODY_BYTES_MAX).await?;
    let bill = tokio::task::spawn_blocking(move || Bill::read(&bytes)).await;
    let bill = bill.map_err(|_| Transport::Internal)?.map_err(audit::ReportError::from)?;
    made(&app, None, place, standing, Some(bill), days).await
}

/// The first and the last day of a bill.
type Days = Option<(String, String)>;

/// All that can be told before the bill is read.
async fn prepare(app: &App, ask: &Ask) -> Result<(Standing, Days, OwnedSemaphorePermit), Failure> {
    let media = ask.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/csv") {
        return Err(Failure::unsupported("Content-Type: text/csv is meant"));
    }
    who::reading(app, ask).await?;
    let query = ask.query()?;
    let days = day(&query)?.map(|day| (day.clone(), day));
    let standing = moments::standing(app, &query).await?;
    Ok((standing, days, place(app)?))
}

fn day(query: &Params) -> Result<Option<String>, Fault> {
    let Some(day) = query.text("day", "2026-01-31".len())? else { return Ok(None) };
    match Moment::since(day) {
        Ok(Moment::Time(_)) => Ok(Some(day.to_owned())),
        Ok(Moment::Position(_)) | Err(_) => {
            Err(Fault::parameter("day", "a date such as 2026-01-31 is meant"))
        }
    }
}

async fn made(
    app: &App,
    validator: Option<&Validator>,
    place: OwnedSemaphorePermit,
    standing: Standing,
    bill: Option<Bill>,
    days: Days,
) -> Reply {
    report_in(app, "payments", validator, place, async move |archive, output| {
        let moment = standing.moment();
        let made = audit::payments(archive.log(), moment, bill, days, &mut |_, _| {}).await?;
        let summary = PaymentsSummary::from(&made);
        for row in made.rows {
            output.row(&PaymentRow::from(row))?;
        }
        Ok(json!(summary))
    })
    .await
}
