//! Numbered error codes: every reason why something is refused has one, and a number is never used again.

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        /// Why something was refused, as a stable number. Each API maps all of them to its own codes in its `codes.rs`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum ErrorCode {
            $($(#[$doc])* $name = $number,)*
        }

        impl ErrorCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code with that number, if there is one.
            #[must_use]
            pub const fn from_number(number: u16) -> Option<Self> {
                match number {
                    $($number => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

error_codes! {
    // 1000: the request itself
    /// A parameter is missing, of the wrong type, too long or out of range.
    InvalidParameter = 1001;
    /// The idempotency key was used before with another request.
    IdempotencyKeyReused = 1002;
    /// A request that buys came in a way that must never buy (HEAD, prefetch, cross-site).
    UnsafeRequest = 1003;

    // 1100: who asks
    /// There is no session.
    SessionRequired = 1101;
    /// Unknown name or wrong password.
    WrongCredentials = 1102;
    /// Too many wrong attempts; locked for a while.
    TooManyAttempts = 1103;
    /// The role may not do that.
    Forbidden = 1104;
    /// WeChat refused the log-in code.
    WechatCodeRefused = 1105;

    // 1200: accounts
    /// No such account.
    AccountUnknown = 1201;
    /// The phone or other identity belongs to an account already.
    IdentityTaken = 1202;
    /// The account exists already.
    AccountExists = 1203;
    /// The account was erased.
    AccountErased = 1204;
    /// The identity is not bound to this account.
    IdentityNotHeld = 1205;

    // 1300: balances and coupons
    /// The balance is lower than what is to be paid.
    LowBalance = 1301;
    /// The coupon balance is lower than what is to be paid.
    LowCoupon = 1302;
    /// An amount that must be more than nothing is not, or the sum is out of range.
    AmountOutOfRange = 1303;

    // 1400: catalogue
    /// No such product.
    ProductUnknown = 1401;
    /// The product is not on sale.
    ProductDelisted = 1402;
    /// The product exists already.
    ProductExists = 1403;
    /// No such shop.
    ShopUnknown = 1404;
    /// The shop exists already.
    ShopExists = 1405;
    /// Only the owner may do that.
    NotOwner = 1406;
    /// Another shop has the name.
    ShopNameTaken = 1407;
    /// The account has as many shops as it may have.
    ShopsCapped = 1408;
    /// The product belongs to another shop.
    ProductElsewhere = 1409;

    // 1500: carts
    /// There is nothing in the cart.
    CartEmpty = 1501;
    /// No such line in the cart.
    LineUnknown = 1502;
    /// The cart holds as many lines, or the line as many pieces, as it can.
    CartFull = 1503;

    // 1600: purchases
    /// No such purchase.
    PurchaseUnknown = 1601;
    /// The purchase exists already.
    PurchaseExists = 1602;
    /// The price of a piece is not the product's of now.
    UnitPriceMismatch = 1603;
    /// The total is not the price of a piece times the pieces.
    TotalMismatch = 1604;
    /// Another account applied for the purchase.
    PurchaseNotYours = 1605;
    /// The purchase was paid or cancelled already.
    PurchaseNotPaying = 1606;

    // 1700: recharges
    /// No such recharge item.
    RechargeItemUnknown = 1701;
    /// The recharge item cannot be chosen any more.
    RechargeItemDelisted = 1702;
    /// The recharge item exists already.
    RechargeItemExists = 1703;
    /// No such recharge.
    RechargeUnknown = 1704;
    /// The recharge exists already.
    RechargeExists = 1705;
    /// The notice speaks of another amount than was asked for.
    RechargeAmountMismatch = 1706;
    /// The recharge is in a state that does not allow that.
    RechargeWrongState = 1707;
    /// The payment notice is forged or damaged.
    NoticeRefused = 1708;

    // 1800: codes, messages, pictures
    /// A code or its hash is wrong, expired, used up or locked.
    CodeRefused = 1801;
    /// Not a phone that text messages are sent to.
    PhoneUnusable = 1802;
    /// The phone, or the address, has got as many text messages as it may for now.
    SmsLimited = 1803;
    /// The gateway of text messages refused or did not answer; its number says why.
    SmsRefused = 1804;
    /// A picture of a code could not be drawn.
    CaptchaFailed = 1805;
    /// The picture's name belongs to another account.
    PictureTaken = 1806;
    /// The picture could not be put into its store.
    PictureNotStored = 1807;

    // 1820: notices
    /// No such notice.
    NoticeUnknown = 1820;
    /// The notice exists already.
    NoticeExists = 1821;
    /// Only the notice's owner may do that.
    NoticeNotOwned = 1822;

    // 1900: the house
    /// The store cannot be used just now.
    StoreUnavailable = 1901;
    /// More is waiting than may wait.
    Overloaded = 1902;
    /// A service outside (WeChat) cannot be used just now.
    GatewayUnavailable = 1903;
    /// The views have not caught up in time.
    ViewsLagging = 1904;
    /// Every id that was drawn for something new is taken.
    NoFreeId = 1905;
    /// The log knows nothing of that moment: it is before the first event or after the head.
    MomentUnknown = 1910;
    /// The books know no such account at that moment.
    BookAccountUnknown = 1911;
    /// No such stream.
    StreamUnknown = 1912;
    /// The log is not as it must be.
    LogBreached = 1913;
    /// As many reports, verifications, rebuilds or listeners are under way as there may be.
    TooManyAtOnce = 1914;
    /// The file is no bill of WeChat Pay.
    BillRefused = 1915;
    /// No such projection.
    ProjectionUnknown = 1916;
    /// A projection cannot digest an event of the log.
    ProjectionStopped = 1917;
    /// This server only reads: it serves a moment of the past, or a store that it must not change.
    ReadOnly = 1930;
    /// Something that must not happen did; the log has the details.
    Internal = 1999;
}

impl ErrorCode {
    /// The number, for logs, metrics and documents.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Whether trying again later, or elsewhere, may help: nothing was decided about the request itself.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::StoreUnavailable
                | Self::Overloaded
                | Self::GatewayUnavailable
                | Self::ViewsLagging
                | Self::TooManyAtOnce
                | Self::ReadOnly
                | Self::Internal
        )
    }
}

/// An error that has a code.
pub trait Coded: std::error::Error {
    /// Its code.
    fn code(&self) -> ErrorCode;
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    /// Every number that was ever given, and to which code: kept answers and clients know them, so a line is added and never changed.
    const GIVEN: &str = include_str!("error_codes.txt");

    #[test]
    fn a_number_means_what_it_always_meant() {
        let given: Vec<(u16, &str)> = GIVEN
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(number, name)| (number.parse().unwrap(), name))
            .collect();
        for (number, name) in &given {
            let code = ErrorCode::from_number(*number);
            assert!(code.is_none_or(|code| format!("{code:?}") == *name), "{number} was {name}");
        }
        for code in ErrorCode::ALL {
            assert!(given.contains(&(code.number(), &format!("{code:?}"))), "{code:?} has no line yet");
            assert_eq!(ErrorCode::from_number(code.number()), Some(*code));
        }
    }
}
