//! The auditor over real stores: long random histories, real decisions, and logs that were tampered with.

#[cfg(test)]
mod history;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod verify;
