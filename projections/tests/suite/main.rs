//! What the views promise, checked on SQLite and on PostgreSQL by the same tests.

#[cfg(test)]
mod exactly_once;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod history;
#[cfg(test)]
mod lease;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod reads;
#[cfg(test)]
mod rebuild;
#[cfg(test)]
mod replaced;
#[cfg(test)]
mod searches;
#[cfg(test)]
mod short_sighted;
#[cfg(test)]
mod world;
