//! The arithmetic of held money, for balances and coupon balances alike: never negative, never beyond what JSON clients hold.

use kernel::Money;

/// The most that may be held, paid or asked for at once: 2^53 - 1 fen, the greatest integer every JSON client reads exactly.
pub const AMOUNT_MAX: Money = Money::from_fen((1 << 53) - 1);

/// Why an amount cannot be added or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FundsError {
    /// The amount is not more than nothing, or it or the sum is over [`AMOUNT_MAX`].
    OutOfRange,
    /// Less is held than is to be taken.
    Short,
}

/// Whether `amount` can be paid: more than nothing and at most [`AMOUNT_MAX`].
pub(crate) fn is_payable(amount: Money) -> bool {
    amount.is_positive() && amount <= AMOUNT_MAX
}

/// Whether `amount` can be given on top: nothing or more, at most [`AMOUNT_MAX`].
pub(crate) fn is_givable(amount: Money) -> bool {
    !amount.is_negative() && amount <= AMOUNT_MAX
}

/// What is held after `amount` came in.
///
/// # Errors
/// [`FundsError::OutOfRange`].
pub(crate) fn credited(held: Money, amount: Money) -> Result<Money, FundsError> {
    if !is_payable(amount) {
        return Err(FundsError::OutOfRange);
    }
    match held.plus(amount) {
        Ok(sum) if sum <= AMOUNT_MAX => Ok(sum),
        Ok(_) | Err(_) => Err(FundsError::OutOfRange),
    }
}

/// What is held after `amount` went out.
///
/// # Errors
/// [`FundsError::OutOfRange`], [`FundsError::Short`].
pub(crate) fn debited(held: Money, amount: Money) -> Result<Money, FundsError> {
    if !is_payable(amount) {
        return Err(FundsError::OutOfRange);
    }
    if held < amount {
        return Err(FundsError::Short);
    }
    held.minus(amount).map_err(|_| FundsError::OutOfRange)
}

#[cfg(test)]
mod tests {
    use kernel::Money;
    use proptest::prelude::*;

    use super::{AMOUNT_MAX, FundsError, credited, debited, is_givable, is_payable};

    const FEN: Money = Money::from_fen(1);

    #[test]
    fn the_edges_are_exact() {
        let almost = Money::from_fen(AMOUNT_MAX.fen() - 1);
        assert_eq!(credited(almost, FEN), Ok(AMOUNT_MAX));
        assert_eq!(credited(AMOUNT_MAX, FEN), Err(FundsError::OutOfRange));
        assert_eq!(credited(FEN, Money::ZERO), Err(FundsError::OutOfRange));
        assert_eq!(credited(Money::ZERO, Money::from_fen(i64::MAX)), Err(FundsError::OutOfRange));
        assert_eq!(debited(FEN, FEN), Ok(Money::ZERO));
        assert_eq!(debited(FEN, Money::from_fen(2)), Err(FundsError::Short));
        assert_eq!(debited(FEN, Money::from_fen(-1)), Err(FundsError::OutOfRange));
        assert!(!is_payable(Money::ZERO) && is_givable(Money::ZERO));
        assert!(is_payable(AMOUNT_MAX) && is_givable(AMOUNT_MAX));
        assert!(!is_payable(Money::from_fen(AMOUNT_MAX.fen() + 1)));
    }

    proptest! {
        #[test]
        fn what_is_held_stays_in_range(held in 0..=AMOUNT_MAX.fen(), amount in any::<i64>()) {
            let (held, amount) = (Money::from_fen(held), Money::from_fen(amount));
            for after in [credited(held, amount), debited(held, amount)].into_iter().flatten() {
                prop_assert!(!after.is_negative() && after <= AMOUNT_MAX);
            }
        }

        #[test]
        fn taking_undoes_adding(held in 0..=AMOUNT_MAX.fen(), amount in 1..=AMOUNT_MAX.fen()) {
            let (held, amount) = (Money::from_fen(held), Money::from_fen(amount));
            if let Ok(sum) = credited(held, amount) {
                prop_assert_eq!(debited(sum, amount), Ok(held));
            } else {
                prop_assert!(held.fen() + amount.fen() > AMOUNT_MAX.fen());
            }
        }
    }
}
