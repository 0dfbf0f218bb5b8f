//! What runs beside the requests: looking up recharges whose notice was lost, and sweeping the vault.

use std::time::Duration;

use commerce::{Caller, Commerce};
use projections::{RechargeView, Views};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A recharge younger than this is left to its notice, in seconds.
const AGE_MIN_S: i64 = 10;
/// Recharges listed at a time.
const PAGE: u32 = 200;
/// Recharges that are looked up at the same time.
const LOOKED_UP_AT_ONCE: usize = 8;
/// A recharge is looked up in each round at first, then every so often that it waits a twentieth of its age, and at least in every
/// twelfth round: whoever orders and never pays delays nobody's lost payment.
const AGE_SHARE: i64 = 20;
const ROUNDS_BETWEEN_MAX: i64 = 12;
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
        reconcile(&commerce, &views, clock, Round { number: round, interval }, &stop).await;
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

/// Which round it is, and how far apart rounds are.
#[derive(Clone, Copy)]
struct Round {
    number: u64,
    interval: Duration,
}

impl Round {
    /// Whether a recharge that old is looked up in this round; in the first all are.
    fn looks_up(self, id: u64, age_s: i64) -> bool {
        let interval_s = i64::try_from(self.interval.as_secs()).unwrap_or(i64::MAX).max(1);
        let between = (age_s / AGE_SHARE / interval_s).clamp(1, ROUNDS_BETWEEN_MAX).cast_unsigned();
        // What is later than now was asked for while the clock went ahead; it may have waited for long.
        let is_old_enough = !(0..AGE_MIN_S).contains(&age_s);
        is_old_enough && (self.number == 0 || self.number.wrapping_add(id).is_multiple_of(between))
    }
}

/// Asks WeChat what became of the recharges that have been open for a while. Asking twice, or on two servers, does no harm.
async fn reconcile(
    commerce: &Commerce,
    views: &Views,
    clock: kernel::Clock,
    round: Round,
    stop: &CancellationToken,
) {
    let began = clock.now();
    let mut last: Option<RechargeView> = None;
    let mut asked = JoinSet::new();
    loop {
        let page = match views.open_recharges(last.as_ref(), PAGE).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "open recharges cannot be listed");
                break;
            }
        };
        last = page.last().cloned();
        for recharge in page {
            let age_s = clock.now().seconds() - recharge.created_at.seconds();
            if !round.looks_up(recharge.id.get(), age_s) {
                continue;
            }
            if asked.len() >= LOOKED_UP_AT_ONCE {
                asked.join_next().await;
            }
            if stop.is_cancelled() {
                break;
            }
            asked.spawn(look_up(commerce.clone(), recharge));
        }
        // What came since it began is for the next round, or a round beside many recharges would have no end.
        let is_last = |last: &RechargeView| last.created_at > began && last.created_at <= clock.now();
        if stop.is_cancelled() || last.as_ref().is_none_or(is_last) {
            break;
        }
    }
    asked.join_all().await;
}

async fn look_up(commerce: Commerce, recharge: RechargeView) {
    let caller = Caller::house(format!("reconcile-{}", recharge.id));
    match commerce.reconcile_recharge(&caller, recharge.id, recharge.created_at).await {
        Ok(outcome) => tracing::debug!(recharge = %recharge.id, ?outcome, "a recharge was looked up"),
        Err(error) => tracing::warn!(recharge = %recharge.id, %error, "a recharge was not looked up"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Round;

    /// How often a recharge of that age is looked up in 120 rounds after the first.
    fn looks(age_s: i64, interval_s: u64) -> usize {
        let interval = Duration::from_secs(interval_s);
        (1..=120).filter(|&number| Round { number, interval }.looks_up(100_000_000_007, age_s)).count()
    }

    #[test]
    fn the_older_a_recharge_the_less_often_it_is_looked_up() {
        assert_eq!([5, 10, 600, 1_199].map(|age_s| looks(age_s, 30)), [0, 120, 120, 120]);
        assert_eq!([1_200, 3_600, 7_200, 1 << 40].map(|age_s| looks(age_s, 30)), [60, 20, 10, 10]);
        assert_eq!([10, 60, 3_600].map(|age_s| looks(age_s, 1)), [120, 40, 10]);
        assert_eq!(looks(-5, 30), 120, "the clock was put back");
        assert!(
            Round { number: 0, interval: Duration::from_secs(30) }.looks_up(1, 7_200),
            "after a start all are"
        );
    }
}
