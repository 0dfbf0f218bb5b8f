//! The campus API, as its document and `docs/api/campus.md` say, on both stores.

mod property;
mod property_list;
mod property_stores;
