//! The router over real use cases, an SQLite store and the sandbox, asked without a network.

#[cfg(test)]
mod buying;
#[cfg(test)]
mod client;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod transport;
