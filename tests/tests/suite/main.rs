//! End-to-end tests: the real server as a process, spoken to over HTTP.

#[cfg(test)]
mod differential;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod crashes;
