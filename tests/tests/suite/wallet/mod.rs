//! The wallet API against its document, over real HTTP, on both stores.

mod account;
mod buying;
mod cart;
mod catalog;
mod guard;
mod idempotency;
mod ledgers;
mod notices;
mod parameters;
mod recharge;
mod shapes;
mod time;
