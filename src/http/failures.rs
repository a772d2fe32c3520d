//! How often logins failed, by address, so that nobody tries tokens for long.
//!
//! Only addresses are kept, for a minute, and not more of them than [`MOST`].

use rosterd_core::ids::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// What is counted together, in milliseconds.
const WINDOW: i64 = 60_000;

/// How many addresses are remembered. Beyond that the oldest are forgotten: an attacker with more
/// addresses than this has no use for any one of them.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Copy)]
struct Count {
    since: Timestamp,
    failures: u32,
}

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Failures(Mutex<BTreeMap<Key, Count>>);

/// IPv4 by address; IPv6 by its first 64 bits, because whoever has one of these has all of them.
type Key = u128;

fn key(address: IpAddr) -> Key {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) & !u128::from(u64::MAX) | 1 << 63,
    }
}

impl Failures {
    /// How many seconds to wait, for an address that has failed too often.
    pub(super) fn blocked(&self, address: IpAddr, most: u32, now: Timestamp) -> Option<u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&key(address))?;
        let left = WINDOW - (now.0 - count.since.0);
        (count.failures >= most && (1..=WINDOW).contains(&left)).then(|| left.cast_unsigned().div_ceil(1000))
    }

    /// Counts one more.
    pub(super) fn failed(&self, address: IpAddr, now: Timestamp) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(address);
        let current = counts.get(&key).filter(|count| (0..WINDOW).contains(&(now.0 - count.since.0))).copied();
        let count = current.unwrap_or(Count { since: now, failures: 0 });
        counts.insert(key, Count { failures: count.failures.saturating_add(1), ..count });
        if counts.len() > MOST {
            counts.retain(|_, count| (0..WINDOW).contains(&(now.0 - count.since.0)));
        }
        while counts.len() > MOST {
            let oldest = counts.iter().min_by_key(|(_, count)| count.since).map(|(key, _)| *key);
            let Some(oldest) = oldest else { break };
            counts.remove(&oldest);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_failed_often_waits_until_its_minute_is_over() {
        let failures = Failures::default();
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        for n in 0..3 {
            assert_eq!(failures.blocked(address, 3, Timestamp(n)), None, "{n}");
            failures.failed(address, Timestamp(n));
        }
        assert_eq!(failures.blocked(address, 3, Timestamp(1000)), Some(59));
        assert_eq!(failures.blocked("192.0.2.2".parse().unwrap(), 3, Timestamp(1000)), None);
        assert_eq!(failures.blocked("::ffff:192.0.2.1".parse().unwrap(), 3, Timestamp(1000)), Some(59));
        assert_eq!(failures.blocked(address, 3, Timestamp(60_000)), None);
        // A clock that goes back blocks nobody for long.
        assert_eq!(failures.blocked(address, 3, Timestamp(-1)), None);
    }

    #[test]
    fn neighbours_in_ipv6_are_one_and_memory_is_bounded() {
        let failures = Failures::default();
        failures.failed("2001:db8::1".parse().unwrap(), Timestamp(0));
        assert!(failures.blocked("2001:db8::2".parse().unwrap(), 1, Timestamp(1)).is_some());
        assert!(failures.blocked("2001:db8:0:1::2".parse().unwrap(), 1, Timestamp(1)).is_none());
        for n in 0..(MOST as u32 + 50) {
            failures.failed(IpAddr::V4(n.into()), Timestamp(2));
        }
        assert_eq!(failures.0.lock().unwrap().len(), MOST);
    }
}
