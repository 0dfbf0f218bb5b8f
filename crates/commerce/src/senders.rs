//! How many text messages one address may ask for. An office shares one, so it is many; and what comes from this machine comes
//! from a proxy or a developer, and says nothing.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use hashlink::LruCache;
use kernel::Timestamp;

use crate::attempts::network;

/// Messages for one address within [`WINDOW_S`].
const MESSAGES_MAX: u32 = 300;
const WINDOW_S: i64 = 10 * 60;
/// Addresses remembered at the most.
const ADDRESSES_MAX: usize = 50_000;

/// Addresses that asked for messages lately, and since when how often.
pub(crate) struct Senders(Mutex<LruCache<IpAddr, (Timestamp, u32)>>);

impl Senders {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(LruCache::new(ADDRESSES_MAX)))
    }

    /// Counts a message, unless the address has had its share.
    pub(crate) fn may_send(&self, address: Option<IpAddr>, now: Timestamp) -> bool {
        let Some(address) = address.filter(|address| !address.is_loopback()) else { return true };
        let address = network(address);
        let mut addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = addresses.get(&address).copied().unwrap_or((now, 0));
        let (since, count) = if since.plus_seconds(WINDOW_S) <= now { (now, 0) } else { (since, count) };
        if count >= MESSAGES_MAX {
            return false;
        }
        addresses.insert(address, (since, count + 1));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use kernel::Timestamp;

    use super::{MESSAGES_MAX, Senders, WINDOW_S};

    #[test]
    fn an_address_has_its_share_of_each_window() {
        let senders = Senders::new();
        let at = |second: i64| Timestamp::from_micros(0).plus_seconds(second);
        let [office, other] = [7, 8].map(|last| Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, last))));
        for _ in 0..MESSAGES_MAX {
            assert!(senders.may_send(office, at(0)));
        }
        assert!(!senders.may_send(office, at(WINDOW_S - 1)));
        assert!(senders.may_send(other, at(0)));
        assert!(senders.may_send(office, at(WINDOW_S)));
        for _ in 0..2 * MESSAGES_MAX {
            assert!(
                senders.may_send(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), at(0))
                    && senders.may_send(None, at(0))
            );
        }
    }
}
