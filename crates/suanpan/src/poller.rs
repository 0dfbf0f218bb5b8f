//! What runs beside the requests: looking up recharges whose notice was lost, and sweeping the vault.

use std::time::Duration;

use commerce::{Caller, Commerce};
use projections::{RechargeView, Views};
use tokio_util::sync::CancellationToken;

/// A recharge younger than this is left to its notice, in seconds.
const AGE_MIN_S: i64 = 10;
/// Recharges listed at a time.
const PAGE: u32 = 200;
/// Rounds between two sweeps of the vault.
const SWEEP_EVERY: u64 = 20;

/// Runs until told to stop.
pub(crate) async fn run(
    commerce: Commerce,
    views: Views,
    clock: kernel::Clock,
    interval: Duration,
    stop: CancellationToken,
) {
    let mut round = 0_u64;
    while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
        reconcile(&commerce, &views, clock, &stop).await;
        if round.is_multiple_of(SWEEP_EVERY)
            && let Err(error) = commerce.sweep().await
        {
            tracing::warn!(%error, "the vault was not swept");
        }
        round += 1;
    }
}

/// Sweeps what a server that only reads keeps of sessions and attempts, until told to stop.
pub(crate) async fn sweep(commerce: Commerce, interval: Duration, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
        if let Err(error) = commerce.sweep().await {
            tracing::warn!(%error, "old sessions were not swept");
        }
    }
}

/// Asks WeChat what became of every recharge that has been open for a while. Asking twice, or on two servers, does no harm.
async fn reconcile(commerce: &Commerce, views: &Views, clock: kernel::Clock, stop: &CancellationToken) {
    let began = clock.now();
    let mut last: Option<RechargeView> = None;
    loop {
        let page = match views.open_recharges(last.as_ref(), PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "open recharges cannot be listed");
                return;
            }
        };
        for recharge in &page {
            if stop.is_cancelled() {
                return;
            }
            // What is later than now was asked for while the clock went ahead; it may have waited for long.
            let (now, asked_at) = (clock.now(), recharge.created_at);
            if asked_at > now || asked_at <= now.plus_seconds(-AGE_MIN_S) {
                look_up(commerce, recharge).await;
            }
        }
        last = page.into_iter().next_back();
        // What came since it began is for the next round, or a round beside many recharges would have no end.
        if last.as_ref().is_none_or(|last| last.created_at > began && last.created_at <= clock.now()) {
            return;
        }
    }
}

async fn look_up(commerce: &Commerce, recharge: &RechargeView) {
    let caller = Caller::house(format!("reconcile-{}", recharge.id));
    match commerce.reconcile_recharge(&caller, recharge.id, recharge.created_at).await {
        Ok(outcome) => tracing::debug!(recharge = %recharge.id, ?outcome, "a recharge was looked up"),
        Err(error) => tracing::warn!(recharge = %recharge.id, %error, "a recharge was not looked up"),
    }
}
