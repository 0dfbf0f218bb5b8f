//! The state of a coupon balance.

use kernel::Money;
use serde::{Deserialize, Serialize};

use super::{CouponCommand, CouponError, CouponEvent};
use crate::shim::aggregate;

/// The promotional money of one account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coupon {
    /// How much there is, in fen; never negative.
    pub amount: Money,
}

aggregate!(Coupon, "coupon", CouponCommand, CouponEvent, CouponError);

impl Coupon {
    fn fold(&mut self, event: CouponEvent) {
        match event {
            CouponEvent::CouponGranted { coupon, .. } | CouponEvent::CouponSpent { coupon, .. } => {
                self.amount = coupon;
            }
        }
    }
}
