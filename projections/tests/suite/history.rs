//! Events to fold: small ones made by hand, and long random histories.

use aggregates::AnyEvent;
use aggregates::account::{AccountEvent, Role};
use aggregates::balance::{BalanceEvent, CreditSource, DebitPurpose};
use aggregates::cart::{CartEvent, RemovalReason};
use aggregates::coupon::{CouponEvent, GrantSource, SpendPurpose};
use aggregates::notice::{NoticeEvent, NoticeKind, NoticeText};
use aggregates::product::ProductEvent;
use aggregates::purchase::{PaymentMethod, PurchaseEvent};
use aggregates::recharge::RechargeEvent;
use aggregates::recharge_item::RechargeItemEvent;
use aggregates::shop::ShopEvent;
use aggregates::shop_name::ShopNameEvent;
use kernel::{Money, Sealed, Timestamp};

/// An id of any kind.
pub(crate) fn id<T: TryFrom<u64, Error: std::fmt::Debug>>(number: u64) -> T {
    T::try_from(number).unwrap()
}

pub(crate) const fn fen(fen: i64) -> Money {
    Money::from_fen(fen)
}

pub(crate) fn sealed(text: &str) -> Sealed {
    Sealed::from_base64(text.to_owned())
}

pub(crate) fn opened(profile: &str) -> AnyEvent {
    AccountEvent::AccountOpened { roles: vec![Role::Customer], profile: sealed(profile) }.into()
}

pub(crate) fn credited(entry: u64, amount: i64, balance: i64) -> AnyEvent {
    let source = CreditSource::Recharge { recharge: id(entry), item: id(2), name: "充100送20".to_owned() };
    BalanceEvent::BalanceCredited { entry: id(entry), amount: fen(amount), balance: fen(balance), source }
        .into()
}

pub(crate) fn debited(entry: u64, amount: i64, balance: i64) -> AnyEvent {
    let purpose =
        DebitPurpose::Purchase { purchase: id(entry), product: id(4), name: "绿茶".to_owned(), num: 1 };
    BalanceEvent::BalanceDebited { entry: id(entry), amount: fen(amount), balance: fen(balance), purpose }
        .into()
}

pub(crate) fn granted(entry: u64, amount: i64, coupon: i64) -> AnyEvent {
    let source = GrantSource::Recharge { recharge: id(entry), item: id(2), name: "充100送20".to_owned() };
    CouponEvent::CouponGranted { entry: id(entry), amount: fen(amount), coupon: fen(coupon), source }.into()
}

pub(crate) fn spent(entry: u64, amount: i64, coupon: i64) -> AnyEvent {
    let purpose = SpendPurpose::Adjustment { reason: "错发".to_owned() };
    CouponEvent::CouponSpent { entry: id(entry), amount: fen(amount), coupon: fen(coupon), purpose }.into()
}

pub(crate) fn listed(shop: u64, name: &str, price: i64) -> AnyEvent {
    ProductEvent::ProductListed {
        shop: id(shop),
        name: name.to_owned(),
        description: "一壶 \"热\" \\ 的".to_owned(),
        icon: "/icons/tea.png".to_owned(),
        price: fen(price),
    }
    .into()
}

pub(crate) fn sold(purchase: u64, sold: u64) -> AnyEvent {
    ProductEvent::ProductSold { purchase: id(purchase), num: 1, sold }.into()
}

pub(crate) fn bought(buyer: u64, product: u64, method: PaymentMethod) -> AnyEvent {
    PurchaseEvent::PurchaseMade {
        buyer: id(buyer),
        product: id(product),
        shop: id(0),
        name: "绿茶".to_owned(),
        unit_price: fen(500),
        num: 2,
        total: fen(1_000),
        method,
    }
    .into()
}

pub(crate) fn applied(buyer: u64, product: u64) -> AnyEvent {
    PurchaseEvent::PurchaseApplied {
        buyer: id(buyer),
        product: id(product),
        shop: id(7),
        name: "绿茶".to_owned(),
        unit_price: fen(450),
        num: 2,
        total: fen(900),
    }
    .into()
}

pub(crate) fn paid(buyer: u64, product: u64) -> AnyEvent {
    PurchaseEvent::PurchasePaid {
        buyer: id(buyer),
        product: id(product),
        shop: id(7),
        name: "绿茶".to_owned(),
        num: 2,
        total: fen(900),
        method: PaymentMethod::Balance,
    }
    .into()
}

pub(crate) fn cancelled(buyer: u64) -> AnyEvent {
    PurchaseEvent::PurchaseCancelled { buyer: id(buyer) }.into()
}

pub(crate) fn discounted(discount: Option<i64>) -> AnyEvent {
    ProductEvent::ProductDiscounted { discount: discount.map(fen) }.into()
}

pub(crate) fn keyed(keywords: &str) -> AnyEvent {
    ProductEvent::ProductKeywordsChanged { keywords: keywords.to_owned() }.into()
}

pub(crate) fn shop_opened(owner: Option<u64>, name: &str) -> AnyEvent {
    ShopEvent::ShopOpened { owner: owner.map(id), name: name.to_owned() }.into()
}

pub(crate) fn shop_described(content: &str, picture: &str) -> AnyEvent {
    ShopEvent::ShopDescribed { content: content.to_owned(), picture: picture.to_owned() }.into()
}

pub(crate) fn named(shop: u64) -> AnyEvent {
    ShopNameEvent::ShopNameClaimed { shop: id(shop) }.into()
}

pub(crate) fn line_added(line: u64, product: u64, num: u32) -> AnyEvent {
    CartEvent::CartLineAdded { line: id(line), product: id(product), num }.into()
}

pub(crate) fn line_increased(line: u64, product: u64, num: u32) -> AnyEvent {
    CartEvent::CartLineIncreased { line: id(line), product: id(product), num }.into()
}

pub(crate) fn line_removed(line: u64, product: u64) -> AnyEvent {
    CartEvent::CartLineRemoved { line: id(line), product: id(product), reason: RemovalReason::Removed }.into()
}

pub(crate) fn item_listed(name: &str, money: i64, charge: i64) -> AnyEvent {
    let (name, description) = (name.to_owned(), "限时".to_owned());
    RechargeItemEvent::RechargeItemListed { name, description, money: fen(money), charge: fen(charge) }.into()
}

/// A notice put up at that moment, with the texts that each must have and some more.
pub(crate) fn notice_published(
    owner: u64,
    kind: NoticeKind,
    at: i64,
    more: &[(NoticeText, &str)],
) -> AnyEvent {
    let needed = NoticeText::REQUIRED.into_iter().map(|text| (text, sealed("bmVlZGVk")));
    NoticeEvent::NoticePublished {
        owner: id(owner),
        kind,
        state: 0,
        occurred_at: Timestamp::from_micros(at - 1),
        published_at: Timestamp::from_micros(at),
        texts: needed.chain(more.iter().map(|(text, value)| (*text, sealed(value)))).collect(),
    }
    .into()
}

/// Texts of a notice changed at that moment.
pub(crate) fn notice_updated(at: i64, texts: &[(NoticeText, Option<&str>)]) -> AnyEvent {
    NoticeEvent::NoticeUpdated {
        kind: None,
        state: Some(1),
        occurred_at: None,
        updated_at: Timestamp::from_micros(at),
        texts: texts.iter().map(|(text, value)| (*text, value.map(sealed))).collect(),
    }
    .into()
}

pub(crate) fn requested(account: u64) -> AnyEvent {
    RechargeEvent::RechargeRequested {
        account: id(account),
        item: id(2),
        name: "充100送20".to_owned(),
        money: fen(10_000),
        charge: fen(2_000),
    }
    .into()
}

/// Numbers that look random and are the same for the same seed.
#[derive(Clone)]
pub(crate) struct Dice {
    state: u64,
    /// Purchases and their buyers: one is made once only.
    purchases: Vec<(u64, u64)>,
}

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { state: seed | 1, purchases: Vec::new() }
    }

    /// A number below `sides`.
    pub(crate) const fn roll(&mut self, sides: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % sides
    }

    /// A purchase that there was none of before.
    fn new_purchase(&mut self, buyer: u64) -> u64 {
        let purchase = 1_000 + self.roll(1 << 40);
        self.purchases.push((purchase, buyer));
        purchase
    }

    /// One of the purchases, with its buyer; a strange one while there is none.
    fn old_purchase(&mut self) -> (u64, u64) {
        let number = self.roll(self.purchases.len().max(1) as u64);
        let found = usize::try_from(number).ok().and_then(|number| self.purchases.get(number));
        found.copied().unwrap_or((9, 9))
    }
}

/// A random event on one of few aggregates, so that rows are made, changed and removed again all the time. It may also change
/// what is not there: folds must cope alike, however events are cut into batches.
pub(crate) fn random_event(dice: &mut Dice) -> (u64, AnyEvent) {
    let mut subject = dice.roll(5);
    let number = dice.roll(6);
    let amount = dice.roll(1_000).cast_signed();
    let event = match dice.roll(36) {
        0 => opened("c2VhbGVk"),
        1 => AccountEvent::AccountProfileChanged { profile: sealed(&format!("cA{number}=")) }.into(),
        2 => AccountEvent::AccountRoleGranted { role: role(number) }.into(),
        3 => AccountEvent::AccountErased {}.into(),
        4 | 5 => credited(number, amount, amount + 1),
        6 | 7 => debited(number, amount, amount + 2),
        8 => granted(number, amount, amount + 3),
        9 => spent(number, amount, amount + 4),
        10 => line_added(number, subject, 1),
        11 => line_increased(number, subject, 2),
        12 => line_removed(number, subject),
        13 => listed(number, "绿茶", amount),
        14 => ProductEvent::ProductPriced { price: fen(amount) }.into(),
        15 => ProductEvent::ProductDelisted {}.into(),
        16 => sold(number, number),
        17 => shop_opened((number > 2).then_some(number), "一号店"),
        18 => ShopEvent::ShopRenamed { name: format!("{number}号店") }.into(),
        19 => {
            subject = dice.new_purchase(number);
            bought(number, number, PaymentMethod::Coupon)
        }
        20 => requested(number),
        21 => RechargeEvent::RechargePrepared { prepay_id: format!("wx{number}") }.into(),
        22 => RechargeEvent::RechargeClosed {}.into(),
        23 => {
            subject = dice.new_purchase(number);
            applied(number, number)
        }
        24 => {
            let (purchase, buyer) = dice.old_purchase();
            subject = purchase;
            paid(buyer, number)
        }
        25 => {
            let (purchase, buyer) = dice.old_purchase();
            subject = purchase;
            cancelled(buyer)
        }
        26 => discounted((number > 2).then_some(amount + 1)),
        27 => keyed(&format!("{number}|茶")),
        28 => shop_described(&format!("好茶{number}"), "/1.png"),
        29 => named(number),
        30 | 31 => notice_published(number, NoticeKind::Lost, amount, &[(NoticeText::OwnerQq, "cXE=")]),
        32 => notice_updated(amount, &[(text(number), (amount > 300).then_some("bmV3"))]),
        33 => NoticeEvent::NoticeDeleted {}.into(),
        _ => item_listed("充100", amount, 0),
    };
    (subject, event)
}

fn text(number: u64) -> NoticeText {
    let texts = NoticeText::ALL.iter().cycle();
    *texts.skip(usize::try_from(number).unwrap()).step_by(2).next().unwrap()
}

const fn role(number: u64) -> Role {
    match number {
        0 => Role::Merchant,
        1 => Role::Supplier,
        2 => Role::Operator,
        3 => Role::Auditor,
        _ => Role::Customer,
    }
}
