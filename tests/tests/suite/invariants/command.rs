//! What random clients do, and how proptest makes it up.

use commerce::{PaymentMethod, Shelf};
use kernel::{AccountId, ProductId, PurchaseId, RechargeItemId};
use proptest::prelude::*;

/// Accounts there may be; the first two are opened before anything else.
pub(crate) const SLOTS: u8 = 3;
/// Products 1 to 3 are the house's and 4 and 5 a campus shop's; 6 never was.
const HOUSE_PRODUCTS: u8 = 3;
pub(crate) const CAMPUS_PRODUCTS: [u64; 2] = [4, 5];
const PRODUCTS: u8 = 6;
/// Recharge items 1 and 2 are on offer, 3 is no longer, the fourth choice never was.
const ITEMS: u8 = 4;
/// So few that the same key comes again, with the same request and with another.
const KEYS: u8 = 5;

/// How the customer pays at WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// The notice comes so often.
    Paid { times: u8 },
    /// The notice is lost.
    Silent,
    /// Nothing is paid; a rightly signed notice speaks of one fen.
    OtherAmount,
    /// Nothing is paid; a notice with a broken signature comes.
    Forged,
}

/// What becomes of a purchase that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Conclusion {
    Pay(PaymentMethod),
    Cancel,
}

/// What changes of a product; what is `None` stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Change {
    pub(crate) price: Option<i64>,
    /// `Some(None)` takes the discount away.
    pub(crate) discount: Option<Option<i64>>,
    pub(crate) shelf: Standing,
}

/// Where a product stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    OnSale,
    Delisted,
    Deleted,
}

impl Standing {
    pub(crate) const fn shelf(self) -> Shelf {
        match self {
            Self::OnSale => Shelf::OnSale,
            Self::Delisted => Shelf::Delisted,
            Self::Deleted => Shelf::Deleted,
        }
    }

    /// As the product's state calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OnSale => "on_sale",
            Self::Delisted => "delisted",
            Self::Deleted => "deleted",
        }
    }
}

/// What a client does next. Slots and numbers are resolved when it is done.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Open {
        slot: u8,
    },
    Adjust {
        slot: u8,
        method: PaymentMethod,
        fen: i64,
        key: Option<u8>,
    },
    Buy {
        slot: u8,
        product: u8,
        method: PaymentMethod,
        key: Option<u8>,
    },
    AddToCart {
        slot: u8,
        product: u8,
        key: Option<u8>,
    },
    Settle {
        slot: u8,
        method: PaymentMethod,
        key: Option<u8>,
    },
    Price {
        product: u8,
        fen: i64,
    },
    Delist {
        product: u8,
    },
    Relist {
        product: u8,
    },
    Order {
        slot: u8,
        item: u8,
        key: Option<u8>,
    },
    Pay {
        which: u8,
        manner: Manner,
    },
    Reconcile {
        which: u8,
    },
    /// Asks for pieces of a product at what it is believed to cost, or at `off` fen more.
    Apply {
        slot: u8,
        product: u8,
        num: u32,
        off: i64,
        key: Option<u8>,
    },
    /// Pays for one of the purchases asked for, or gives it up, as whoever asked or as whoever is in a slot.
    Conclude {
        slot: Option<u8>,
        which: u8,
        conclusion: Conclusion,
        key: Option<u8>,
    },
    /// Changes a product as if its shop were one's own.
    Update {
        slot: u8,
        product: u8,
        change: Change,
        key: Option<u8>,
    },
    /// The very request of an earlier keyed command once more.
    Again {
        which: u8,
    },
}

/// What follows when the clients of a phase are done, or before they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Nothing.
    Calm,
    /// The servers stop and start again.
    Restart,
    /// The servers are told to stop while clients are at work, and start again.
    StopAmid { after_ms: u8 },
    /// Everything that runs is cut off where it is, and starts again.
    Abort { after_ms: u8 },
}

/// Clients that work at the same time, and what follows.
#[derive(Clone, Debug)]
pub(crate) struct Phase {
    pub(crate) clients: Vec<Vec<Command>>,
    pub(crate) end: End,
}

/// A command whose parameters are settled: what the model decides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    Open { slot: u8 },
    Adjust { account: AccountId, method: PaymentMethod, fen: i64 },
    Buy { account: AccountId, product: ProductId, method: PaymentMethod },
    AddToCart { account: AccountId, product: ProductId },
    Settle { account: AccountId, method: PaymentMethod },
    Price { product: ProductId, fen: i64 },
    Delist { product: ProductId },
    Relist { product: ProductId },
    Order { account: AccountId, item: RechargeItemId },
    Apply { account: AccountId, product: ProductId, num: u32, unit: i64, total: i64 },
    Conclude { account: AccountId, purchase: PurchaseId, conclusion: Conclusion },
    Update { account: AccountId, product: ProductId, change: Change },
}

impl Deed {
    /// Whose idempotency keys count.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match self {
            Self::Adjust { account, .. }
            | Self::Buy { account, .. }
            | Self::AddToCart { account, .. }
            | Self::Settle { account, .. }
            | Self::Order { account, .. }
            | Self::Apply { account, .. }
            | Self::Conclude { account, .. }
            | Self::Update { account, .. } => Some(*account),
            Self::Open { .. } | Self::Price { .. } | Self::Delist { .. } | Self::Relist { .. } => None,
        }
    }
}

fn method() -> impl Strategy<Value = PaymentMethod> {
    prop_oneof![2 => Just(PaymentMethod::Balance), 1 => Just(PaymentMethod::Coupon)]
}

fn manner() -> impl Strategy<Value = Manner> {
    prop_oneof![
        4 => (1..4_u8).prop_map(|times| Manner::Paid { times }),
        2 => Just(Manner::Silent),
        1 => Just(Manner::OtherAmount),
        1 => Just(Manner::Forged),
    ]
}

fn conclusion() -> impl Strategy<Value = Conclusion> {
    prop_oneof![4 => method().prop_map(Conclusion::Pay), 1 => Just(Conclusion::Cancel)]
}

fn change() -> impl Strategy<Value = Change> {
    let fen = || 0..300_i64;
    let standing =
        prop_oneof![8 => Just(Standing::OnSale), 3 => Just(Standing::Delisted), 1 => Just(Standing::Deleted)];
    let discount = prop::option::of(prop::option::weighted(0.7, fen()));
    (prop::option::of(fen()), discount, standing).prop_map(|(price, discount, shelf)| Change {
        price,
        discount,
        shelf,
    })
}

/// What the campus API adds.
fn campus_command() -> impl Strategy<Value = Command> {
    let key = || prop::option::weighted(0.5, 0..KEYS);
    let product = || prop_oneof![8 => HOUSE_PRODUCTS..PRODUCTS - 1, 1 => 0..PRODUCTS];
    let off = || prop_oneof![6 => Just(0), 1 => Just(1_i64)];
    let slot = || prop_oneof![6 => Just(None), 1 => (0..SLOTS).prop_map(Some)];
    prop_oneof![
        3 => (0..SLOTS, product(), prop_oneof![3 => Just(1_u32), 1 => 0..4_u32], off(), key())
            .prop_map(|(slot, product, num, off, key)| Command::Apply { slot, product, num, off, key }),
        4 => (slot(), any::<u8>(), conclusion(), key())
            .prop_map(|(slot, which, conclusion, key)| Command::Conclude { slot, which, conclusion, key }),
        1 => (0..SLOTS, product(), change(), key())
            .prop_map(|(slot, product, change, key)| Command::Update { slot, product, change, key }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let key = || prop::option::weighted(0.5, 0..KEYS);
    let slot = || 0..SLOTS;
    let product = || prop_oneof![9 => 0..PRODUCTS - 1, 1 => Just(PRODUCTS - 1)];
    let fen = prop_oneof![3 => 1..900_i64, 2 => -500..0_i64, 1 => Just(0)];
    prop_oneof![
        2 => slot().prop_map(|slot| Command::Open { slot }),
        4 => (slot(), method(), fen, key())
            .prop_map(|(slot, method, fen, key)| Command::Adjust { slot, method, fen, key }),
        8 => (slot(), product(), method(), key())
            .prop_map(|(slot, product, method, key)| Command::Buy { slot, product, method, key }),
        5 => (slot(), product(), key())
            .prop_map(|(slot, product, key)| Command::AddToCart { slot, product, key }),
        4 => (slot(), method(), key()).prop_map(|(slot, method, key)| Command::Settle { slot, method, key }),
        1 => (product(), 0..300_i64).prop_map(|(product, fen)| Command::Price { product, fen }),
        1 => product().prop_map(|product| Command::Delist { product }),
        1 => product().prop_map(|product| Command::Relist { product }),
        3 => (slot(), 0..ITEMS, key()).prop_map(|(slot, item, key)| Command::Order { slot, item, key }),
        4 => (any::<u8>(), manner()).prop_map(|(which, manner)| Command::Pay { which, manner }),
        1 => any::<u8>().prop_map(|which| Command::Reconcile { which }),
        4 => any::<u8>().prop_map(|which| Command::Again { which }),
        14 => campus_command(),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        1 => Just(End::Calm),
        2 => Just(End::Restart),
        1 => (0..30_u8).prop_map(|after_ms| End::StopAmid { after_ms }),
        3 => (0..30_u8).prop_map(|after_ms| End::Abort { after_ms }),
    ]
}

/// What happens in one case.
pub(crate) fn script() -> impl Strategy<Value = Vec<Phase>> {
    let clients = prop::collection::vec(prop::collection::vec(command(), 1..10), 1..5);
    prop::collection::vec((clients, end()).prop_map(|(clients, end)| Phase { clients, end }), 1..5)
}
