//! The peers' aggregate: a balance that pays, as a newcomer to cqrs-es would write it.

use std::fmt;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent, EventEnvelope, View};
use serde::{Deserialize, Serialize};

/// More than a run can spend.
const OPENING_FEN: i64 = 1_000_000_000;
const PRICE_FEN: i64 = 1;

/// A balance. It has its money from the start, so that there is no event for that to be loaded each time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Till {
    balance: i64,
    purchases: u64,
}

impl Default for Till {
    fn default() -> Self {
        Self { balance: OPENING_FEN, purchases: 0 }
    }
}

/// What can be asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum TillCommand {
    /// Pay and write down the debit, the purchase and the sale.
    Buy { product: u64 },
    /// Pay and write down the debit alone.
    Debit { product: u64 },
}

impl TillCommand {
    pub(super) const fn buying() -> Self {
        Self::Buy { product: 0 }
    }

    pub(super) const fn debiting() -> Self {
        Self::Debit { product: 0 }
    }

    /// The same for this product.
    pub(super) const fn of(self, product: u64) -> Self {
        match self {
            Self::Buy { .. } => Self::Buy { product },
            Self::Debit { .. } => Self::Debit { product },
        }
    }

    /// How many events it writes.
    pub(super) const fn events(self) -> u64 {
        match self {
            Self::Buy { .. } => 3,
            Self::Debit { .. } => 1,
        }
    }
}

/// What happens: the same facts as in our log, in about as many bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum TillEvent {
    BalanceDebited {
        entry: u64,
        amount: i64,
        balance: i64,
        purchase: u64,
        product: u64,
        name: String,
        num: u32,
    },
    PurchaseMade {
        buyer: u64,
        product: u64,
        shop: u64,
        name: String,
        unit_price: i64,
        num: u32,
        amount: i64,
    },
    ProductSold {
        purchase: u64,
        num: u32,
    },
}

impl DomainEvent for TillEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::BalanceDebited { .. } => "BalanceDebited",
            Self::PurchaseMade { .. } => "PurchaseMade",
            Self::ProductSold { .. } => "ProductSold",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

/// Why not.
#[derive(Debug)]
pub(super) struct LowBalance;

impl fmt::Display for LowBalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("low balance")
    }
}

impl std::error::Error for LowBalance {}

impl Aggregate for Till {
    const TYPE: &'static str = "till";
    type Command = TillCommand;
    type Event = TillEvent;
    type Error = LowBalance;
    type Services = ();

    async fn handle(
        &mut self,
        command: TillCommand,
        _services: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), LowBalance> {
        let (TillCommand::Buy { product } | TillCommand::Debit { product }) = command;
        if self.balance < PRICE_FEN {
            return Err(LowBalance);
        }
        let (purchase, name, num) = (self.purchases + 1, format!("商品 {product}"), 1);
        let balance = self.balance - PRICE_FEN;
        let debited = TillEvent::BalanceDebited {
            entry: purchase,
            amount: PRICE_FEN,
            balance,
            purchase,
            product,
            name: name.clone(),
            num,
        };
        sink.write(debited, self).await;
        if let TillCommand::Buy { .. } = command {
            let made = TillEvent::PurchaseMade {
                buyer: product,
                product,
                shop: 0,
                name,
                unit_price: PRICE_FEN,
                num,
                amount: PRICE_FEN,
            };
            sink.write(made, self).await;
            sink.write(TillEvent::ProductSold { purchase, num }, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: TillEvent) {
        match event {
            TillEvent::BalanceDebited { balance, purchase, .. } => {
                self.balance = balance;
                self.purchases = purchase;
            }
            TillEvent::PurchaseMade { .. } | TillEvent::ProductSold { .. } => {}
        }
    }
}

/// A row a balance.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct TillView {
    balance: i64,
    purchases: u64,
    sold: u64,
}

impl View<Till> for TillView {
    fn update(&mut self, event: &EventEnvelope<Till>) {
        match &event.payload {
            TillEvent::BalanceDebited { balance, .. } => self.balance = *balance,
            TillEvent::PurchaseMade { .. } => self.purchases += 1,
            TillEvent::ProductSold { num, .. } => self.sold += u64::from(*num),
        }
    }
}
