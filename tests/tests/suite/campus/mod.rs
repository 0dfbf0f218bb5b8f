//! The campus API against its document, over real HTTP, on both stores.

mod market;
mod product;
mod product_list;
mod purchase;
mod shop;
mod trade;
