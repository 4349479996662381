//! No endpoint has more connections at a time than it should, however many targets and samples lead to it.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The permits of what is in use, each `limit` times at a time.
#[derive(Debug)]
pub struct Slots<K> {
    limit: usize,
    used: Mutex<HashMap<K, Arc<Semaphore>>>,
}

/// The right to connect; given back when dropped.
#[derive(Debug)]
pub struct Slot<'a, K: Copy + Eq + Hash> {
    slots: &'a Slots<K>,
    key: K,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Copy + Eq + Hash> Slots<K> {
    /// So many at a time of each.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            used: Mutex::new(HashMap::new()),
        }
    }

    /// Waits for the right to connect.
    pub async fn acquire(&self, key: K) -> Slot<'_, K> {
        let semaphore = self
            .locked()
            .entry(key)
            .or_insert_with(|| Arc::new(Semaphore::new(self.limit)))
            .clone();
        Slot {
            slots: self,
            key,
            permit: Some(
                semaphore
                    .acquire_owned()
                    .await
                    .expect("the semaphore is never closed"),
            ),
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<K, Arc<Semaphore>>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Drop for Slot<'_, K> {
    fn drop(&mut self) {
        // While the map is locked nobody can begin to wait, so an address without holders is without waiters too.
        let mut slots = self.slots.locked();
        self.permit = None;
        if slots
            .get(&self.key)
            .is_some_and(|semaphore| Arc::strong_count(semaphore) == 1)
        {
            slots.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::pin::pin;
    use std::task::{Context, Waker};

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
    async fn an_address_is_forgotten_with_its_last_connection() {
        let slots = Slots::new(2);
        let slot = slots
            .acquire(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))
            .await;
        drop(slot);
        assert!(slots.locked().is_empty());
    }
}
