//! What end-to-end tests stand on: the real server as a process, real databases, and a client that speaks like an app.

mod client;
mod database;
mod server;

pub use client::{Answer, Client};
pub use database::Database;
pub use server::{Place, Server, ServerOptions, binary};
