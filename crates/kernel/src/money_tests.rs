//! Money: arithmetic, text and their edges.

use proptest::prelude::*;

use super::{Money, MoneyError};

#[test]
fn prints_and_reads_yuan() {
    assert_eq!(Money::from_fen(1230).to_string(), "12.30");
    assert_eq!(Money::from_fen(-5).to_string(), "-0.05");
    assert_eq!("12".parse(), Ok(Money::from_fen(1200)));
    assert_eq!("0.1".parse(), Ok(Money::from_fen(10)));
}

#[test]
fn refuses_what_is_no_amount() {
    assert_eq!("0.001".parse::<Money>(), Err(MoneyError::TooFine));
    assert_eq!("".parse::<Money>(), Err(MoneyError::NotANumber));
    assert_eq!("1e3x".parse::<Money>(), Err(MoneyError::NotANumber));
    assert_eq!("92233720368547758.08".parse::<Money>(), Err(MoneyError::Overflow));
}

#[test]
fn refuses_to_overflow() {
    let most = Money::from_fen(i64::MAX);
    assert_eq!(most.plus(Money::from_fen(1)), Err(MoneyError::Overflow));
    assert_eq!(Money::from_fen(i64::MIN).minus(Money::from_fen(1)), Err(MoneyError::Overflow));
    assert_eq!(most.times(2), Err(MoneyError::Overflow));
    assert_eq!(Money::from_fen(i64::MIN).negated(), Err(MoneyError::Overflow));
}

proptest! {
    #[test]
    fn text_round_trips(fen in any::<i64>()) {
        let money = Money::from_fen(fen);
        prop_assert_eq!(money.to_string().parse(), Ok(money));
    }

    #[test]
    fn minus_undoes_plus(a in any::<i64>(), b in any::<i64>()) {
        let (a, b) = (Money::from_fen(a), Money::from_fen(b));
        if let Ok(sum) = a.plus(b) {
            prop_assert_eq!(sum.minus(b), Ok(a));
        }
    }
}
