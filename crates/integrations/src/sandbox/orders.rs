//! The orders the sandbox remembers, in memory.

use std::collections::{HashMap, VecDeque};

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

use super::journal::{Entry, Memory};

/// So many orders are remembered; beyond that the oldest unpaid one is forgotten, or else the oldest.
pub(super) const ORDERS_MAX: usize = 100_000;

/// An order as the product asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) prepay_id: String,
    pub(super) out_trade_no: String,
    pub(super) description: String,
    /// In fen.
    pub(super) total: i64,
    pub(super) attach: Option<String>,
    /// As it was asked for, to be compared when it is asked for again.
    pub(super) time_expire: Option<String>,
    /// Until when it can be paid.
    pub(super) payable_until: Timestamp,
    pub(super) notify_url: String,
}

/// A payment that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Payment {
    pub(super) transaction_id: String,
    pub(super) openid: String,
    pub(super) paid_at: Timestamp,
}

/// Where an order stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unpaid,
    Paid(Payment),
    Closed,
}

/// An order and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) order: Order,
    pub(super) state: State,
}

/// All remembered orders.
#[derive(Debug)]
pub(super) struct Orders {
    max: usize,
    by_number: HashMap<String, Known>,
    numbers: HashMap<String, String>,
    /// Numbers in the order of their making; some are paid or forgotten by now.
    made: VecDeque<String>,
    /// Numbers in the order of their paying.
    paid: VecDeque<String>,
}

impl Orders {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            by_number: HashMap::new(),
            numbers: HashMap::new(),
            made: VecDeque::new(),
            paid: VecDeque::new(),
        }
    }

    pub(super) fn by_number(&self, out_trade_no: &str) -> Option<&Known> {
        self.by_number.get(out_trade_no)
    }

    pub(super) fn by_prepay_id(&self, prepay_id: &str) -> Option<&Known> {
        self.by_number.get(self.numbers.get(prepay_id)?)
    }

    fn forget_one(&mut self) {
        while let Some(number) = self.made.pop_front() {
            let unpaid =
                self.by_number.get(&number).is_some_and(|known| !matches!(known.state, State::Paid(_)));
            if unpaid {
                return self.forget(&number);
            }
        }
        if let Some(number) = self.paid.pop_front() {
            self.forget(&number);
        }
    }

    fn forget(&mut self, number: &str) {
        if let Some(known) = self.by_number.remove(number) {
            self.numbers.remove(&known.order.prepay_id);
        }
    }
}

impl Memory for Orders {
    const FILE: &'static str = "wechat-orders.jsonl";
    type Entry = Entry;

    /// An entry about a forgotten order changes nothing.
    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Ordered(order) => {
                self.numbers.insert(order.prepay_id.clone(), order.out_trade_no.clone());
                self.made.push_back(order.out_trade_no.clone());
                let number = order.out_trade_no.clone();
                self.by_number.insert(number, Known { order, state: State::Unpaid });
                if self.by_number.len() > self.max {
                    self.forget_one();
                }
            }
            Entry::Paid { out_trade_no, payment } => {
                if let Some(known) = self.by_number.get_mut(&out_trade_no) {
                    known.state = State::Paid(payment);
                    self.paid.push_back(out_trade_no);
                }
            }
            Entry::Closed { out_trade_no } => {
                if let Some(known) = self.by_number.get_mut(&out_trade_no) {
                    known.state = State::Closed;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::{Order, Orders, Payment};
    use crate::sandbox::journal::{Entry, Memory};

    fn ordered(number: &str) -> Entry {
        Entry::Ordered(Order {
            prepay_id: format!("p-{number}"),
            out_trade_no: number.to_owned(),
            description: String::new(),
            total: 1,
            attach: None,
            time_expire: None,
            payable_until: Timestamp::from_micros(0),
            notify_url: String::new(),
        })
    }

    fn paid(number: &str) -> Entry {
        let payment = Payment {
            transaction_id: String::new(),
            openid: String::new(),
            paid_at: Timestamp::from_micros(0),
        };
        Entry::Paid { out_trade_no: number.to_owned(), payment }
    }

    fn remembered(entries: Vec<Entry>) -> Vec<&'static str> {
        let mut orders = Orders::new(2);
        for entry in entries {
            orders.apply(entry);
        }
        let known = |number: &&str| {
            let by_number = orders.by_number(number).is_some();
            assert_eq!(by_number, orders.by_prepay_id(&format!("p-{number}")).is_some(), "{number}");
            by_number
        };
        ["one", "two", "three", "four"].into_iter().filter(known).collect()
    }

    #[test]
    fn the_oldest_unpaid_order_is_forgotten_first() {
        assert_eq!(remembered(vec![ordered("one"), ordered("two"), ordered("three")]), ["two", "three"]);
        let first_is_paid = vec![ordered("one"), paid("one"), ordered("two"), ordered("three")];
        assert_eq!(remembered(first_is_paid), ["one", "three"]);
    }

    #[test]
    fn without_unpaid_ones_the_oldest_paid_one_is_forgotten() {
        let all_paid = vec![ordered("one"), paid("one"), ordered("two"), paid("two"), ordered("three")];
        // The third is itself the oldest unpaid order.
        assert_eq!(remembered(all_paid.clone()), ["one", "two"]);
        let mut late = all_paid;
        late.extend([paid("three"), paid("one"), ordered("four")]);
        assert_eq!(remembered(late), ["one", "two"]);
    }
}
