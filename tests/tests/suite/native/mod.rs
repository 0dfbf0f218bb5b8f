//! The native API, `/v1`: operators and auditors over real HTTP, on both stores, while customers buy.

mod accounts;
mod desk;
mod events;
mod live;
mod past;
mod payments;
mod projections;
mod refusals;
mod reports;
mod sessions;
mod slow;
mod sse;
mod verify;
