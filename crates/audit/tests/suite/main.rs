//! The auditor over real stores: long random histories, real decisions, and logs that were tampered with.

#[cfg(test)]
mod archive;
#[cfg(test)]
mod decided;
#[cfg(test)]
mod earlier;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod history;
#[cfg(test)]
mod kept_answers;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod rewritten;
#[cfg(test)]
mod store;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod verify;
