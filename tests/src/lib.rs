//! What end-to-end tests stand on: the real server as a process, real databases, and a client that speaks like an app.

mod client;
mod server;

pub use client::{Answer, Client};
pub use server::{Place, Server, ServerOptions, binary, own_address};
pub use testing::Database;
