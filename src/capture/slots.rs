//! No endpoint has more connections at a time than it should, however many targets and samples lead to it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

/// At most so many connections at a time to each of many places, as a sweep has them: next to nothing for each.
#[derive(Debug)]
pub struct Slots<K> {
    limit: usize,
    used: Mutex<HashMap<K, Used>>,
}

/// How many connections there are to one place.
#[derive(Debug, Default)]
struct Used {
    taken: usize,
    /// Where others wait, once somebody had to. Its permits are slots handed on, which stay taken.
    queue: Option<Arc<Semaphore>>,
}

/// The right to one connection, until it is dropped.
#[derive(Debug)]
pub struct Slot<'a, K: Copy + Eq + Hash> {
    slots: &'a Slots<K>,
    key: K,
}

impl<K: Copy + Eq + Hash> Slots<K> {
    /// So many connections at a time for each key; at least one.
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            used: Mutex::new(HashMap::new()),
        }
    }

    /// Waits for a slot; who asked first goes first.
    pub async fn acquire(&self, key: K) -> Slot<'_, K> {
        if let Some(queue) = self.take(key) {
            let permit = queue.acquire_owned().await;
            permit.expect("the semaphore is never closed").forget();
        }
        Slot { slots: self, key }
    }

    /// Takes a slot, or answers where to wait for one.
    fn take(&self, key: K) -> Option<Arc<Semaphore>> {
        let mut used = self.locked();
        let used = used.entry(key).or_default();
        if used.taken < self.limit && used.queue.is_none() {
            used.taken += 1;
            return None;
        }
        let queue = used
            .queue
            .get_or_insert_with(|| Arc::new(Semaphore::new(0)));
        Some(Arc::clone(queue))
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<K, Used>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Slot<'_, K> {
    fn drop(&mut self) {
        // While the map is locked nobody can begin to wait.
        let mut slots = self.slots.locked();
        let Some(used) = slots.get_mut(&self.key) else {
            return;
        };
        match &used.queue {
            Some(queue) if Arc::strong_count(queue) > 1 => queue.add_permits(1),
            // Whoever waited is gone, perhaps with a slot handed on that nobody came to take.
            Some(queue) => {
                used.taken = used.taken.saturating_sub(1 + queue.available_permits());
                used.queue = None;
            }
            None => used.taken = used.taken.saturating_sub(1),
        }
        if used.taken == 0 && used.queue.is_none() {
            slots.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[tokio::test]
    async fn the_third_waits_for_one_of_two() {
        let slots = Slots::new(2);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let first = slots.acquire(address).await;
        let second = slots.acquire(address).await;
        let mut third = pin!(slots.acquire(address));
        let mut context = Context::from_waker(Waker::noop());
        assert!(third.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert!(third.as_mut().poll(&mut context).is_ready());
        drop(second);
    }

    #[tokio::test]
    async fn who_waits_no_longer_takes_no_slot_away() {
        let slots = Slots::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let first = slots.acquire(7).await;
        let mut given_up = Box::pin(slots.acquire(7));
        assert!(given_up.as_mut().poll(&mut context).is_pending());
        let mut last = pin!(slots.acquire(7));
        assert!(last.as_mut().poll(&mut context).is_pending());
        drop(first);
        // The slot was handed to the one who now leaves without it.
        drop(given_up);
        let Poll::Ready(slot) = last.as_mut().poll(&mut context) else {
            panic!("a slot was lost");
        };
        let mut next = Box::pin(slots.acquire(7));
        assert!(next.as_mut().poll(&mut context).is_pending());
        drop(next);
        drop(slot);
        assert!(slots.locked().is_empty());
    }

    #[tokio::test]
    async fn a_slot_that_nobody_came_to_take_is_free_again() {
        let slots = Slots::new(1);
        let mut context = Context::from_waker(Waker::noop());
        let first = slots.acquire(7).await;
        let mut given_up = Box::pin(slots.acquire(7));
        assert!(given_up.as_mut().poll(&mut context).is_pending());
        drop(first);
        drop(given_up);
        let mut next = pin!(slots.acquire(7));
        assert!(next.as_mut().poll(&mut context).is_ready());
    }

    #[tokio::test]
    async fn an_address_is_forgotten_with_its_last_connection() {
        let slots = Slots::new(2);
        let slot = slots
            .acquire(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))
            .await;
        drop(slot);
        assert!(slots.locked().is_empty());
    }
}
