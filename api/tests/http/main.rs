//! The router over real use cases, an SQLite store and the sandbox, asked without a network.

mod buying;
mod client;
mod sessions;
mod stage;
mod transport;
