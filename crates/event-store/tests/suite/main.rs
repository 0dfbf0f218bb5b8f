//! What the log, the vault, the snapshots and the feed promise, checked on SQLite and on PostgreSQL by the same tests.

#[cfg(test)]
mod append;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod concurrent;
#[cfg(test)]
mod document;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod immutable;
#[cfg(test)]
mod make;
#[cfg(test)]
mod model;
#[cfg(test)]
mod open;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod past;
#[cfg(test)]
mod postgres_schema;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod read;
#[cfg(test)]
mod read_only;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod soundness;
#[cfg(test)]
mod sqlite_files;
#[cfg(test)]
mod sqlite_index;
#[cfg(test)]
mod stock_reader;
#[cfg(test)]
mod vault;
