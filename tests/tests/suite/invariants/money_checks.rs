//! What must hold of the money and the goods in a log.

use std::collections::{HashMap, HashSet};

use aggregates::AnyEvent;
use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::cart::{CartEvent, RemovalReason};
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use aggregates::product::ProductEvent;
use aggregates::purchase::{PaymentMethod, PurchaseEvent};
use aggregates::recharge::RechargeEvent;

use super::history::{Entry, History, Verdict};

/// Why an entry was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    Recharge(u64),
    Purchase { purchase: u64, product: u64, num: u32 },
    Adjustment,
}

/// An entry on a balance or a coupon balance.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Movement {
    pub(crate) funds: PaymentMethod,
    pub(crate) account: u64,
    pub(crate) entry: u64,
    /// What came in, or, negative, went out.
    pub(crate) amount: i64,
    pub(crate) after: i64,
    pub(crate) why: Why,
}

/// The movement that an event is, if it is one.
pub(crate) fn movement(entry: &Entry) -> Option<Movement> {
    let (funds, number, amount, after, why) = if let AnyEvent::Balance(event) = &entry.event {
        let (number, amount, after, why) = match event {
            BalanceEvent::BalanceCredited { entry, amount, balance, source } => {
                let why = match source {
                    CreditSource::Recharge { recharge, .. } => Why::Recharge(recharge.get()),
                    CreditSource::Adjustment { .. } => Why::Adjustment,
                };
                (entry, amount.fen(), balance, why)
            }
            BalanceEvent::BalanceDebited { entry, amount, balance, purpose } => {
                let why = match purpose {
                    DebitPurpose::Purchase { purchase, product, num, .. } => {
                        Why::Purchase { purchase: purchase.get(), product: product.get(), num: *num }
                    }
                    DebitPurpose::Adjustment { .. } => Why::Adjustment,
                };
                (entry, -amount.fen(), balance, why)
            }
        };
        (PaymentMethod::Balance, number, amount, after, why)
    } else if let AnyEvent::Coupon(event) = &entry.event {
        let (number, amount, after, why) = match event {
            CouponEvent::CouponGranted { entry, amount, coupon, source } => {
                let why = match source {
                    GrantSource::Recharge { recharge, .. } => Why::Recharge(recharge.get()),
                    GrantSource::Adjustment { .. } => Why::Adjustment,
                };
                (entry, amount.fen(), coupon, why)
            }
            CouponEvent::CouponSpent { entry, amount, coupon, purpose } => {
                let why = match purpose {
                    SpendPurpose::Purchase { purchase, product, num, .. } => {
                        Why::Purchase { purchase: purchase.get(), product: product.get(), num: *num }
                    }
                    SpendPurpose::Adjustment { .. } => Why::Adjustment,
                };
                (entry, -amount.fen(), coupon, why)
            }
        };
        (PaymentMethod::Coupon, number, amount, after, why)
    } else {
        return None;
    };
    let (account, after) = (entry.id(), after.fen());
    Some(Movement { funds, account, entry: number.get(), amount, after, why })
}

fn movements(history: &History) -> impl Iterator<Item = (&Entry, Movement)> {
    history.0.iter().filter_map(|entry| movement(entry).map(|movement| (entry, movement)))
}

/// No balance and no coupon balance is below zero after any event.
pub(crate) fn nothing_is_below_zero(history: &History) -> Verdict {
    match movements(history).find(|(_, movement)| movement.after < 0) {
        Some((entry, movement)) => Err(format!("{} leaves {} fen", entry.place(), movement.after)),
        None => Ok(()),
    }
}

/// After each event a balance is what its events up to there sum up to.
pub(crate) fn balances_are_the_sum_of_their_events(history: &History) -> Verdict {
    let mut sums: HashMap<(PaymentMethod, u64), i64> = HashMap::new();
    for (entry, movement) in movements(history) {
        let sum = sums.entry((movement.funds, movement.account)).or_default();
        *sum += movement.amount;
        if *sum != movement.after {
            return Err(format!("{} says {} fen, its events say {sum}", entry.place(), movement.after));
        }
    }
    Ok(())
}

/// What is in wallets and was spent is what was paid to WeChat and what operators adjusted.
pub(crate) fn money_is_conserved(history: &History) -> Verdict {
    let mut held: HashMap<(PaymentMethod, u64), i64> = HashMap::new();
    let (mut paid_in, mut adjusted, mut spent) = (0, HashMap::<_, i64>::new(), HashMap::<_, i64>::new());
    for entry in &history.0 {
        if let AnyEvent::Recharge(RechargeEvent::RechargePaid { amount, .. }) = &entry.event {
            paid_in += amount.fen();
        }
        if let AnyEvent::Purchase(
            PurchaseEvent::PurchaseMade { total, method, .. }
            | PurchaseEvent::PurchasePaid { total, method, .. },
        ) = &entry.event
        {
            *spent.entry(*method).or_default() += total.fen();
        }
        if let Some(movement) = movement(entry) {
            held.insert((movement.funds, movement.account), movement.after);
            let given = matches!((movement.funds, movement.why), (PaymentMethod::Coupon, Why::Recharge(_)));
            if movement.why == Why::Adjustment || given {
                *adjusted.entry(movement.funds).or_default() += movement.amount;
            }
        }
    }
    for (funds, paid_in) in [(PaymentMethod::Balance, paid_in), (PaymentMethod::Coupon, 0)] {
        let held: i64 = held.iter().filter(|((of, _), _)| *of == funds).map(|(_, fen)| fen).sum();
        let spent = spent.get(&funds).copied().unwrap_or_default();
        let came = paid_in + adjusted.get(&funds).copied().unwrap_or_default();
        if held + spent != came {
            return Err(format!("{funds:?}: {held} fen are held and {spent} spent, but {came} came in"));
        }
    }
    Ok(())
}

/// Each purchase has one debit of its total from its buyer and one sale, in its own commit; no debit and no sale is
/// without a purchase.
pub(crate) fn purchases_are_debited_once(history: &History) -> Verdict {
    for commit in history.commits() {
        let mut due = HashMap::new();
        for entry in commit {
            let AnyEvent::Purchase(
                PurchaseEvent::PurchaseMade { buyer, product, num, total, method, .. }
                | PurchaseEvent::PurchasePaid { buyer, product, num, total, method, .. },
            ) = &entry.event
            else {
                continue;
            };
            let debit = (*method, buyer.get(), -total.fen(), product.get(), *num);
            if due.insert(entry.id(), (Some(debit), Some((product.get(), *num)))).is_some() {
                return Err(format!("{} is made twice", entry.place()));
            }
        }
        for entry in commit {
            if let Some(Movement {
                funds,
                account,
                amount,
                why: Why::Purchase { purchase, product, num },
                ..
            }) = movement(entry)
            {
                let taken = due.get_mut(&purchase).and_then(|(debit, _)| debit.take());
                if taken != Some((funds, account, amount, product, num)) {
                    return Err(format!("{} is no debit that purchase {purchase} asks for", entry.place()));
                }
            }
            if let AnyEvent::Product(ProductEvent::ProductSold { purchase, num, .. }) = &entry.event {
                let sold = due.get_mut(&purchase.get()).and_then(|(_, sale)| sale.take());
                if sold != Some((entry.id(), *num)) {
                    return Err(format!("{} is no sale that purchase {purchase} asks for", entry.place()));
                }
            }
        }
        if let Some((purchase, left)) = due.iter().find(|(_, left)| **left != (None, None)) {
            return Err(format!("purchase {purchase} lacks its debit or its sale: {left:?}"));
        }
    }
    Ok(())
}

/// What was asked for is paid as it was asked for or given up, once; nothing else is paid later or given up.
pub(crate) fn applications_are_concluded_once(history: &History) -> Verdict {
    let mut waiting = HashMap::new();
    for entry in &history.0 {
        let AnyEvent::Purchase(event) = &entry.event else { continue };
        let is_right = match event {
            PurchaseEvent::PurchaseMade { .. } => true,
            PurchaseEvent::PurchaseApplied { buyer, product, num, total, .. } => {
                waiting.insert(entry.id(), (*buyer, *product, *num, *total)).is_none()
            }
            PurchaseEvent::PurchasePaid { buyer, product, num, total, .. } => {
                waiting.remove(&entry.id()) == Some((*buyer, *product, *num, *total))
            }
            PurchaseEvent::PurchaseCancelled { buyer } => {
                waiting.remove(&entry.id()).is_some_and(|asked| asked.0 == *buyer)
            }
        };
        if !is_right {
            return Err(format!("{} does not fit what was asked for", entry.place()));
        }
    }
    Ok(())
}

/// Each payment at WeChat is what was asked for and puts that much on the balance and the bonus on the coupon balance,
/// once, in its own commit; nothing is put there without a payment.
pub(crate) fn recharges_are_credited_once(history: &History) -> Verdict {
    let mut asked = HashMap::new();
    let mut paid = HashSet::new();
    for commit in history.commits() {
        let mut due = Vec::new();
        for entry in commit {
            let AnyEvent::Recharge(event) = &entry.event else { continue };
            match event {
                RechargeEvent::RechargeRequested { account, money, charge, .. } => {
                    asked.insert(entry.id(), (account.get(), money.fen(), charge.fen()));
                }
                RechargeEvent::RechargePaid { amount, .. } => {
                    let Some((account, money, charge)) = asked.get(&entry.id()).copied() else {
                        return Err(format!("{} was never asked for", entry.place()));
                    };
                    if amount.fen() != money || !paid.insert(entry.id()) {
                        return Err(format!(
                            "{} is a second payment or one of another amount",
                            entry.place()
                        ));
                    }
                    due.push((PaymentMethod::Balance, entry.id(), account, money));
                    if charge > 0 {
                        due.push((PaymentMethod::Coupon, entry.id(), account, charge));
                    }
                }
                RechargeEvent::RechargePrepared { .. } | RechargeEvent::RechargeClosed {} => {}
            }
        }
        for entry in commit {
            let Some(Movement { funds, account, amount, why: Why::Recharge(recharge), .. }) = movement(entry)
            else {
                continue;
            };
            let credit = (funds, recharge, account, amount);
            match due.iter().position(|one| *one == credit) {
                Some(index) => drop(due.swap_remove(index)),
                None => return Err(format!("{} is no credit that a payment asks for", entry.place())),
            }
        }
        if let Some(credit) = due.first() {
            return Err(format!("a payment lacks its credit {credit:?}"));
        }
    }
    Ok(())
}

/// Entries, lines and purchases have ids of their own.
pub(crate) fn ids_are_unique(history: &History) -> Verdict {
    let mut seen = HashSet::new();
    for entry in &history.0 {
        let id = if let Some(movement) = movement(entry) {
            ("entry", movement.entry)
        } else if let AnyEvent::Cart(CartEvent::CartLineAdded { line, .. }) = &entry.event {
            ("line", line.get())
        } else if let AnyEvent::Purchase(
            PurchaseEvent::PurchaseMade { .. } | PurchaseEvent::PurchaseApplied { .. },
        ) = &entry.event
        {
            ("purchase", entry.id())
        } else {
            continue;
        };
        if !seen.insert(id) {
            return Err(format!("{}: the {} {} exists already", entry.place(), id.0, id.1));
        }
    }
    Ok(())
}

/// A product counts every piece that was sold.
pub(crate) fn sales_are_counted(history: &History) -> Verdict {
    let mut counts: HashMap<u64, u64> = HashMap::new();
    for entry in &history.0 {
        if let AnyEvent::Product(ProductEvent::ProductSold { num, sold, .. }) = &entry.event {
            let count = counts.entry(entry.id()).or_default();
            *count += u64::from(*num);
            if sold != count {
                return Err(format!("{} counts {sold}, but {count} were sold", entry.place()));
            }
        }
    }
    Ok(())
}

/// A line leaves a cart as settled in the commit of the purchase that bought all of it for the cart's owner.
pub(crate) fn settled_lines_were_bought(history: &History) -> Verdict {
    let mut held = HashMap::new();
    for commit in history.commits() {
        for entry in commit {
            let AnyEvent::Cart(event) = &entry.event else { continue };
            match event {
                CartEvent::CartLineAdded { line, product, num }
                | CartEvent::CartLineIncreased { line, product, num } => {
                    held.insert((entry.id(), *line), (*product, *num));
                }
                CartEvent::CartLineRemoved { line, reason, .. } => {
                    let Some((wanted, pieces)) = held.remove(&(entry.id(), *line)) else {
                        return Err(format!("{} takes out a line that is not there", entry.place()));
                    };
                    let RemovalReason::Settled { purchase: settled_by } = reason else { continue };
                    let was_bought = commit.iter().any(|made| {
                        matches!(&made.event, AnyEvent::Purchase(PurchaseEvent::PurchaseMade {
                            buyer, product, num, ..
                        }) if made.id() == settled_by.get() && buyer.get() == entry.id()
                            && *product == wanted && *num == pieces)
                    });
                    if !was_bought {
                        return Err(format!("{} was not bought by purchase {settled_by}", entry.place()));
                    }
                }
            }
        }
    }
    Ok(())
}
