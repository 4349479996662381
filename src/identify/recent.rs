//! Leaves that passed shortly before.

use crate::identify::register::{Glimpse, Leaf};
use crate::model::bytes::Sha256;
use crate::model::certificate::KeyFingerprint;

/// Some of the leaves that were looked at last and not kept, so that one which many servers show is not verified anew
/// for each. A fingerprint has one place here.
#[derive(Default)]
pub(super) struct Recent(Vec<Option<(Sha256, Leaf, Option<KeyFingerprint>)>>);

impl Recent {
    const SIZE: usize = 4_096;

    fn slot(digest: &Sha256) -> usize {
        let [first, second, ..] = digest.0;
        usize::from(u16::from_be_bytes([first, second])) % Self::SIZE
    }

    pub(super) fn get(&self, digest: &Sha256) -> Option<(Leaf, Option<KeyFingerprint>)> {
        let (known, leaf, key) = (*self.0.get(Self::slot(digest))?)?;
        (known == *digest).then_some((leaf, key))
    }

    /// Whether it was not there.
    pub(super) fn add(&mut self, glimpse: &Glimpse) -> bool {
        self.0.resize(Self::SIZE, None);
        let slot = &mut self.0[Self::slot(&glimpse.digest)];
        let before = slot.replace((glimpse.digest, glimpse.leaf, glimpse.key));
        before.is_none_or(|(digest, leaf, _)| {
            digest != glimpse.digest || leaf.early != glimpse.leaf.early
        })
    }
}
