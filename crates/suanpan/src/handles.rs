//! File handles: as many as the system grants, and how many of them connections may take.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Connections at the same time, at the most; whoever comes later waits to be let in.
const CONNECTIONS_MAX: usize = 16_384;
/// Handles left for the stores, their databases, gateways and pictures.
const OTHERS: usize = 256;

/// Raises the limit of this process's open files as far as it may, and gives how many of them may be clients' connections.
pub(crate) fn connections_max() -> usize {
    let granted = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: granted.maximum, maximum: granted.maximum };
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files was not raised");
            granted.current
        }
    };
    let connections = connections_of(limit);
    if connections < CONNECTIONS_MAX {
        tracing::warn!(connections, "the limit of open files allows for so many connections at a time");
    }
    connections
}

/// How many connections a limit of open files leaves room for; `None` is no limit.
fn connections_of(limit: Option<u64>) -> usize {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    // Under a limit that small nothing is well, but somebody is let in.
    limit.saturating_sub(OTHERS).max(limit / 4).clamp(1, CONNECTIONS_MAX)
}

#[cfg(test)]
mod tests {
    use super::connections_of;

    #[test]
    fn the_stores_keep_their_handles() {
        let cases = [(1_024, 768), (20_000, 16_384), (16_641, 16_384), (400, 144), (256, 64), (0, 1)];
        for (limit, connections) in cases {
            assert_eq!(connections_of(Some(limit)), connections, "{limit}");
        }
        assert_eq!(connections_of(None), 16_384);
    }
}
