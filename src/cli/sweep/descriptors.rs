//! How many connections the system lets this process have.

use crate::sweep::Bounds;

/// Descriptors that are not for connections: standard streams, files, the runtime's own, the resolver's.
const OTHERS: u64 = 24;

/// More in flight than these bring nothing: memory grows, and the network has to carry them.
const MOST: u64 = 16_384;

/// The most names that are resolved at a time; each takes a thread and a socket or two.
const LOOKUPS: u64 = 64;

/// The bounds of a sweep, with a warning where they are narrower than what was asked for.
pub(super) fn bounds(concurrency: usize) -> (Bounds, Option<String>) {
    bounds_within(descriptors(), concurrency)
}

fn bounds_within(limit: u64, concurrency: usize) -> (Bounds, Option<String>) {
    let lookups = (limit / 8).clamp(1, LOOKUPS);
    let free = limit.saturating_sub(OTHERS + 2 * lookups).clamp(4, MOST);
    let in_flight = usize::try_from(free).unwrap_or(usize::MAX);
    let bounds = Bounds {
        in_flight,
        captures: concurrency.min(in_flight),
        lookups: usize::try_from(lookups).unwrap_or(1),
    };
    let warning = (bounds.captures < concurrency).then(|| {
        format!(
            "only {limit} files may be open, so at most {in_flight} connections at a time instead of {concurrency}; \
             `ulimit -n` raises the limit"
        )
    });
    (bounds, warning)
}

/// The soft limit, raised to the hard one where that is allowed.
#[cfg(unix)]
fn descriptors() -> u64 {
    let limit = rlimit::increase_nofile_limit(u64::MAX);
    limit.unwrap_or_else(|_| {
        rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(256, |(soft, _)| soft)
    })
}

/// Sockets are not bounded like files there.
#[cfg(not(unix))]
fn descriptors() -> u64 {
    MOST * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_descriptors_mean_few_connections_and_a_warning() {
        let (bounds, warning) = bounds_within(64, 1024);
        assert_eq!(
            (bounds.in_flight, bounds.captures, bounds.lookups),
            (24, 24, 8)
        );
        assert!(warning.is_some_and(|warning| warning.contains("64 files")));
        let (bounds, warning) = bounds_within(20_000, 1024);
        assert_eq!((bounds.in_flight, bounds.captures), (16_384, 1024));
        assert_eq!(warning, None);
        let (bounds, _) = bounds_within(0, 1024);
        assert!(bounds.in_flight >= 1 && bounds.lookups >= 1);
    }
}
