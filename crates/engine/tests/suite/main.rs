//! What the engine promises whatever its store, its clients and other servers do.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod house;
#[cfg(test)]
mod purse;

#[cfg(test)]
mod ambiguous;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod ids;
#[cfg(test)]
mod model;
#[cfg(test)]
mod overload;
#[cfg(test)]
mod parking;
#[cfg(test)]
mod pipelining;
#[cfg(test)]
mod read_only;
#[cfg(test)]
mod replaced;
#[cfg(test)]
mod seal;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod stop;
