//! Ids: a type for each kind of thing, all numbers that a JSON client can hold (below 2^53).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The first number that is no id: JSON clients lose integers from here on.
pub(crate) const ID_LIMIT: u64 = 1 << 53;

/// The text or number is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: a whole number below 2^53 is meant")]
pub struct IdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name(u64);

        impl $name {
            /// The id as a number, below 2^53.
            #[must_use]
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl TryFrom<u64> for $name {
            type Error = IdError;

            fn try_from(number: u64) -> Result<Self, IdError> {
                if number < ID_LIMIT { Ok(Self(number)) } else { Err(IdError) }
            }
        }

        impl TryFrom<i64> for $name {
            type Error = IdError;

            fn try_from(number: i64) -> Result<Self, IdError> {
                u64::try_from(number).map_err(|_| IdError)?.try_into()
            }
        }

        impl From<$name> for u64 {
            fn from(id: $name) -> u64 {
                id.0
            }
        }

        /// The id as signed 64 bits, as databases hold it.
        impl From<$name> for i64 {
            fn from(id: $name) -> i64 {
                id.0.cast_signed()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.parse::<u64>().map_err(|_| IdError)?.try_into()
            }
        }
    )*};
}

ids! {
    /// A person, in all five APIs.
    AccountId;
    /// Something for sale.
    ProductId;
    /// Who sells; 0 is the house's own.
    ShopId;
    /// One product bought by one account at one moment.
    PurchaseId;
    /// An order to put money on a balance.
    RechargeId;
    /// What a recharge can be chosen from: so much money, so much coupon on top.
    RechargeItemId;
    /// A line of a cart.
    LineId;
    /// An entry in the ledger of a balance or of a coupon balance.
    EntryId;
    /// That something was lost or found.
    NoticeId;
}

/// Whether a text is a whole number in its plain form: each number has one only, `7`, never `+7` or `007`.
#[must_use]
pub fn is_plain_number(text: &str) -> bool {
    match text.as_bytes() {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

impl ShopId {
    /// The house's own shop.
    pub const HOUSE: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::{AccountId, IdError, is_plain_number};

    #[test]
    fn a_number_has_one_plain_form() {
        assert!(["0", "7", "10", "99999999999999999999999"].into_iter().all(is_plain_number));
        let others = ["", "00", "07", "+7", "-7", " 7", "7 ", "7.0", "0x7", "a7", "7a", "\u{0667}"];
        assert!(!others.into_iter().any(is_plain_number));
    }

    #[test]
    fn holds_what_json_clients_hold() {
        assert_eq!("9007199254740991".parse::<AccountId>().map(AccountId::get), Ok((1 << 53) - 1));
        assert_eq!("9007199254740992".parse::<AccountId>(), Err(IdError));
        assert_eq!("-1".parse::<AccountId>(), Err(IdError));
        assert_eq!(AccountId::try_from(-1_i64), Err(IdError));
        assert!(serde_json::from_str::<AccountId>("9007199254740992").is_err());
    }
}
