//! The native API, for operators and auditors: the log and the books over HTTP, with statuses, problems and cursors.

mod accounts;
mod codes;
mod coupons;
mod describe;
mod envelope;
mod events;
mod head;
mod journal;
mod ledger;
mod live;
mod moments;
mod orders;
mod output;
mod payments;
mod projections;
mod sessions;
mod sse;
mod statements;
mod stored;
mod streams;
mod tokens;
mod trial_balance;
mod validator;
mod verify;
mod who;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::face::Face;
use crate::state::App;

/// The native API as the floor sees it.
pub(crate) const FACE: Face = Face { name: who::API, render: envelope::transport };

/// Where a bill may be sent, and how long it may be.
pub(crate) const LONG_BODY: (&str, usize) = ("/v1/payments", payments::BILL_BODY_BYTES_MAX);

/// The routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    let mut router = OpenApiRouter::new()
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::session, sessions::log_out))
        .routes(routes!(tokens::mint))
        .routes(routes!(tokens::revoke))
        .routes(routes!(head::head))
        .routes(routes!(events::events))
        .routes(routes!(live::live))
        .routes(routes!(streams::stream))
        .routes(routes!(accounts::account))
        .routes(routes!(journal::journal))
        .routes(routes!(trial_balance::trial_balance))
        .routes(routes!(ledger::ledger))
        .routes(routes!(statements::statements))
        .routes(routes!(orders::orders))
        .routes(routes!(coupons::coupons))
        .routes(routes!(payments::payments, payments::bill))
        .routes(routes!(verify::verify))
        .routes(routes!(projections::projections))
        .routes(routes!(projections::rebuild));
    describe::complete(router.get_openapi_mut());
    router
}
