//! The chart of accounts: whose money it is, as typed names.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use kernel::{AccountId, PurchaseId, RechargeId, ShopId};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An account of the books. In JSON it is its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BookAccount {
    /// `assets:wechat`: the money that WeChat holds for the house.
    Wechat,
    /// `liabilities:wallet:{account}`: what a customer's balance owes them.
    Wallet(AccountId),
    /// `liabilities:coupon:{account}`: promotional money promised to a customer.
    Coupon(AccountId),
    /// `liabilities:orders:{order}`: paid, not yet delivered.
    Order(OrderNumber),
    /// `liabilities:shop:{shop}`: what the house owes to a shop that is not its own.
    Shop(ShopId),
    /// `income:sales`: what the house sold itself.
    Sales,
    /// `expenses:promotion`: promotional money given away.
    Promotion,
    /// `equity:adjustments`: what operators added or took.
    Adjustments,
}

/// The number of something that was paid and must be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderNumber {
    /// A purchase: its number.
    Purchase(PurchaseId),
    /// A recharge: its number at WeChat, `R` and the recharge's id.
    Recharge(RechargeId),
}

/// One line of the chart of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountClass {
    /// `assets:wechat`.
    Wechat,
    /// `liabilities:wallet`.
    Wallet,
    /// `liabilities:coupon`.
    Coupon,
    /// `liabilities:orders`.
    Orders,
    /// `liabilities:shop`.
    Shop,
    /// `income:sales`.
    Sales,
    /// `expenses:promotion`.
    Promotion,
    /// `equity:adjustments`.
    Adjustments,
}

impl AccountClass {
    /// All classes, in the order of the chart.
    pub const ALL: [Self; 8] = [
        Self::Wechat,
        Self::Wallet,
        Self::Coupon,
        Self::Orders,
        Self::Shop,
        Self::Sales,
        Self::Promotion,
        Self::Adjustments,
    ];

    /// Its name: an account's name without what follows the last colon of accounts there are many of.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wechat => "assets:wechat",
            Self::Wallet => "liabilities:wallet",
            Self::Coupon => "liabilities:coupon",
            Self::Orders => "liabilities:orders",
            Self::Shop => "liabilities:shop",
            Self::Sales => "income:sales",
            Self::Promotion => "expenses:promotion",
            Self::Adjustments => "equity:adjustments",
        }
    }

    /// What tells its accounts apart; `None` if there is one only.
    #[must_use]
    pub const fn key(self) -> Option<&'static str> {
        match self {
            Self::Wallet | Self::Coupon => Some("account"),
            Self::Orders => Some("order"),
            Self::Shop => Some("shop"),
            Self::Wechat | Self::Sales | Self::Promotion | Self::Adjustments => None,
        }
    }

    /// What it is, in a sentence, for the chart of accounts.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Wechat => "the money that WeChat holds for the house",
            Self::Wallet => "what the house owes a customer: the balance",
            Self::Coupon => "promotional money promised to a customer: the coupon balance",
            Self::Orders => {
                "paid and not yet delivered; a purchase under its id, a recharge under `R` and its id (its number at WeChat)"
            }
            Self::Shop => "what the house owes a shop that is not its own",
            Self::Sales => "what the house's own shop sold",
            Self::Promotion => "promotional money given on top of recharges",
            Self::Adjustments => "what operators added to customers' balances or took from them",
        }
    }
}

impl BookAccount {
    /// Its line in the chart.
    #[must_use]
    pub const fn class(self) -> AccountClass {
        match self {
            Self::Wechat => AccountClass::Wechat,
            Self::Wallet(_) => AccountClass::Wallet,
            Self::Coupon(_) => AccountClass::Coupon,
            Self::Order(_) => AccountClass::Orders,
            Self::Shop(_) => AccountClass::Shop,
            Self::Sales => AccountClass::Sales,
            Self::Promotion => AccountClass::Promotion,
            Self::Adjustments => AccountClass::Adjustments,
        }
    }
}

/// In one number: every posting looks for its account. Ids are below 2^53.
impl Hash for BookAccount {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (class, id) = match self {
            Self::Wechat => (0, 0),
            Self::Wallet(account) => (1, account.get()),
            Self::Coupon(account) => (2, account.get()),
            Self::Order(OrderNumber::Purchase(purchase)) => (3, purchase.get()),
            Self::Order(OrderNumber::Recharge(recharge)) => (4, recharge.get()),
            Self::Shop(shop) => (5, shop.get()),
            Self::Sales => (6, 0),
            Self::Promotion => (7, 0),
            Self::Adjustments => (8, 0),
        };
        state.write_u64((class << 56) | id);
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Purchase(purchase) => write!(f, "{purchase}"),
            Self::Recharge(recharge) => write!(f, "R{recharge}"),
        }
    }
}

impl fmt::Display for BookAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = self.class().name();
        match self {
            Self::Wallet(account) | Self::Coupon(account) => write!(f, "{class}:{account}"),
            Self::Order(order) => write!(f, "{class}:{order}"),
            Self::Shop(shop) => write!(f, "{class}:{shop}"),
            Self::Wechat | Self::Sales | Self::Promotion | Self::Adjustments => f.write_str(class),
        }
    }
}

/// The text names no account of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account of the books: such as assets:wechat or liabilities:wallet:NUMBER is meant")]
pub struct BookAccountError;

impl FromStr for BookAccount {
    type Err = BookAccountError;

    fn from_str(text: &str) -> Result<Self, BookAccountError> {
        let account = AccountClass::ALL.into_iter().find_map(|class| {
            let rest = text.strip_prefix(class.name())?;
            let id = if class.key().is_some() { rest.strip_prefix(':')? } else { rest };
            match class {
                AccountClass::Wallet => id.parse().ok().map(Self::Wallet),
                AccountClass::Coupon => id.parse().ok().map(Self::Coupon),
                AccountClass::Shop => id.parse().ok().map(Self::Shop),
                AccountClass::Orders => match id.strip_prefix('R') {
                    Some(recharge) => recharge.parse().ok().map(OrderNumber::Recharge).map(Self::Order),
                    None => id.parse().ok().map(OrderNumber::Purchase).map(Self::Order),
                },
                AccountClass::Wechat => id.is_empty().then_some(Self::Wechat),
                AccountClass::Sales => id.is_empty().then_some(Self::Sales),
                AccountClass::Promotion => id.is_empty().then_some(Self::Promotion),
                AccountClass::Adjustments => id.is_empty().then_some(Self::Adjustments),
            }
        });
        account.filter(|account| account.to_string() == text).ok_or(BookAccountError)
    }
}

impl Serialize for BookAccount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BookAccount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountClass, BookAccount};

    #[test]
    fn names_are_read_as_they_are_printed_and_in_no_other_way() {
        for class in AccountClass::ALL {
            let name = class.key().map_or(class.name().to_owned(), |_| format!("{}:12", class.name()));
            let account: BookAccount = name.parse().unwrap();
            assert_eq!((account.to_string(), account.class()), (name.clone(), class));
            assert!(format!("{name}:1").parse::<BookAccount>().is_err());
        }
        assert_eq!(
            "liabilities:orders:R7".parse::<BookAccount>().unwrap().to_string(),
            "liabilities:orders:R7"
        );
        for wrong in [
            "",
            "assets",
            "assets:wechat:",
            "liabilities:wallet",
            "liabilities:wallet:007",
            "liabilities:shop:+1",
        ] {
            assert!(wrong.parse::<BookAccount>().is_err(), "{wrong}");
        }
    }
}
