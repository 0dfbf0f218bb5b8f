//! An event of any aggregate, for readers of the whole log: projections and audit.

use cqrs_es::Aggregate;
use kernel::{DecodeError, Event};

use crate::{
    account, balance, cart, coupon, identity, merchant, notice, picture, product, purchase, recharge,
    recharge_item, shop, shop_name,
};

macro_rules! any_event {
    ($($(#[$doc:meta])* $variant:ident($state:path, $events:path);)+) => {
        /// An event of any aggregate.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyEvent {
            $($(#[$doc])* $variant($events),)+
        }

        impl AnyEvent {
            /// Reads a stored event by the type of its aggregate, its own type and its version.
            ///
            /// # Errors
            /// [`DecodeError::Unknown`] when a newer program wrote it, [`DecodeError::Malformed`] when the payload does not fit.
            pub fn decode(
                aggregate_type: &str,
                event_type: &str,
                event_version: &str,
                payload: &str,
            ) -> Result<Self, DecodeError> {
                match aggregate_type {
                    $(<$state as Aggregate>::TYPE => {
                        <$events as Event>::decode(event_type, event_version, payload).map(Self::$variant)
                    })+
                    _ => Err(DecodeError::Unknown {
                        event_type: format!("{event_type} of aggregate {aggregate_type}"),
                        event_version: event_version.to_owned(),
                    }),
                }
            }

            /// The type of the aggregate that the event belongs to, as stored.
            #[must_use]
            pub const fn aggregate_type(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$state as Aggregate>::TYPE,)+
                }
            }

            /// The event's type, as stored.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(event) => event.name(),)+
                }
            }
        }

        $(impl From<$events> for AnyEvent {
            fn from(event: $events) -> Self {
                Self::$variant(event)
            }
        })+

        /// Whether this program can read such an event.
        #[must_use]
        pub fn is_known(aggregate_type: &str, event_type: &str, event_version: &str) -> bool {
            match aggregate_type {
                $(<$state as Aggregate>::TYPE => <$events as Event>::KNOWN.contains(&(event_type, event_version)),)+
                _ => false,
            }
        }

        /// Every (aggregate type, event type, event version) that this program can read.
        pub fn known_events() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
            [$((<$state as Aggregate>::TYPE, <$events as Event>::KNOWN),)+].into_iter().flat_map(
                |(aggregate_type, known)| {
                    known.iter().map(move |(event_type, version)| (aggregate_type, *event_type, *version))
                },
            )
        }
    };
}

any_event! {
    /// Of an account.
    Account(account::Account, account::AccountEvent);
    /// Of an identity.
    Identity(identity::Identity, identity::IdentityEvent);
    /// Of a balance.
    Balance(balance::Balance, balance::BalanceEvent);
    /// Of a coupon balance.
    Coupon(coupon::Coupon, coupon::CouponEvent);
    /// Of a cart.
    Cart(cart::Cart, cart::CartEvent);
    /// Of a product.
    Product(product::Product, product::ProductEvent);
    /// Of a shop.
    Shop(shop::Shop, shop::ShopEvent);
    /// Of a shop's name.
    ShopName(shop_name::ShopName, shop_name::ShopNameEvent);
    /// Of a merchant.
    Merchant(merchant::Merchant, merchant::MerchantEvent);
    /// Of a picture's name.
    Picture(picture::Picture, picture::PictureEvent);
    /// Of a purchase.
    Purchase(purchase::Purchase, purchase::PurchaseEvent);
    /// Of a recharge.
    Recharge(recharge::Recharge, recharge::RechargeEvent);
    /// Of a recharge item.
    RechargeItem(recharge_item::RechargeItem, recharge_item::RechargeItemEvent);
    /// Of a notice.
    Notice(notice::Notice, notice::NoticeEvent);
}
