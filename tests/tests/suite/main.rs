//! End-to-end tests: the real server as a process, spoken to over HTTP.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod campus;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod floor;
#[cfg(test)]
mod gone;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod native;
#[cfg(test)]
mod past;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod wallet;
