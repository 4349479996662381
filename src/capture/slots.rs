//! No endpoint is asked by more than two connections at a time, however many targets and samples lead to it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections to one address and port at a time.
const PER_ADDRESS: usize = 2;

/// The permits of the addresses in use.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<HashMap<SocketAddr, Arc<Semaphore>>>);

/// The right to connect; given back when dropped.
pub(super) struct Slot<'a> {
    slots: &'a Slots,
    address: SocketAddr,
    permit: Option<OwnedSemaphorePermit>,
}

impl Slots {
    /// Waits for the right to connect to the address.
    pub(super) async fn acquire(&self, address: SocketAddr) -> Slot<'_> {
        let semaphore = self
            .locked()
            .entry(address)
            .or_insert_with(|| Arc::new(Semaphore::new(PER_ADDRESS)))
            .clone();
        Slot {
            slots: self,
            address,
            permit: Some(
                semaphore
                    .acquire_owned()
                    .await
                    .expect("the semaphore is never closed"),
            ),
        }
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<SocketAddr, Arc<Semaphore>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        // While the map is locked nobody can begin to wait, so an address without holders is without waiters too.
        let mut slots = self.slots.locked();
        self.permit = None;
        if slots
            .get(&self.address)
            .is_some_and(|semaphore| Arc::strong_count(semaphore) == 1)
        {
            slots.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::net::Ipv4Addr;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn the_third_waits_for_one_of_two() {
        let slots = Slots::default();
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
        let slots = Slots::default();
        let slot = slots
            .acquire(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))
            .await;
        drop(slot);
        assert!(slots.locked().is_empty());
    }
}
