//! The CAs that are shown: leaves connected by agreement on the issuing CA.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::judge::brief::Briefs;
use crate::judge::naming::Names;
use crate::judge::relate::{Relations, relate};
use crate::model::identified::{CaFacts, CaKey, Identified, LeafNumber};
use crate::model::issuer::{Evidence, Identification, Standing};
use crate::model::report::{Ca, Policy};
use crate::model::verdict::{Same, Threshold};

/// The CAs of a run, largest first.
pub(super) struct Cas {
    pub(super) list: Vec<Ca>,
    /// For each leaf the place of its CA in the list, counted from 1.
    of: Vec<Option<NonZeroU32>>,
}

impl Cas {
    /// Connects the leaves that the rows show.
    ///
    /// What is shown here is always the issuing CA, whatever the policy, so that the reader sees what differs; and a key
    /// identifier is enough, whatever the threshold, as the threshold is about the verdict.
    pub(super) fn connect(
        briefs: &Briefs,
        policy: &Policy,
        identified: &Identified,
        names: &Names<'_>,
    ) -> Self {
        // By the number of a leaf.
        let mut shown: Vec<u32> = vec![0; identified.leaves.len()];
        for row in &briefs.rows {
            if let Some(leaf) = row.leaf {
                let shown = &mut shown[leaf.index()];
                *shown = shown.saturating_add(u32::try_from(row.weight()).unwrap_or(u32::MAX));
            }
        }
        let evidence = policy.evidence.min(Threshold::KeyId);
        let leaves = identified
            .leaves
            .numbers()
            .filter(|leaf| shown[leaf.index()] > 0)
            .map(|leaf| (leaf, &identified.leaves.known(leaf).standing));
        let relations = relate(
            &Policy {
                same: Same::IssuingCa,
                evidence,
            },
            leaves,
            identified,
        );
        // A network can have thousands of CAs that go by one name.
        let mut known: HashMap<*const Identification, Arc<str>> = HashMap::new();
        let mut name_of = |leaf: LeafNumber| {
            let identification = std::ptr::from_ref(identified.leaves.known(leaf));
            let name = known.entry(identification);
            Arc::clone(name.or_insert_with(|| names.issuer_of(leaf).into()))
        };
        let mut groups: Vec<Draft<'_>> = components(relations, briefs)
            .into_iter()
            .map(|(standing, leaves)| {
                let name = leaves.first().map(|leaf| name_of(*leaf));
                let facts = ca_key(standing).and_then(|ca| identified.cas.get(&ca));
                Draft {
                    standing,
                    endpoints: leaves
                        .iter()
                        .map(|leaf| u64::from(shown[leaf.index()]))
                        .sum(),
                    count: briefs.count_leaves(leaves.iter().copied()),
                    leaves,
                    name,
                    facts,
                }
            })
            .collect();
        groups.sort_by(|one, other| one.rank().cmp(&other.rank()));
        let mut cas = Self {
            list: Vec::new(),
            of: vec![None; shown.len()],
        };
        for (index, group) in groups.into_iter().enumerate() {
            for leaf in &group.leaves {
                cas.of[leaf.index()] = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
            }
            cas.list.push(group.finish(index, identified, names));
        }
        cas
    }

    /// The CA that a leaf comes from; `None` when the leaf cannot be read.
    pub(super) fn of(&self, leaf: LeafNumber) -> Option<&Ca> {
        let place = (*self.of.get(leaf.index())?)?;
        self.list.get(place.get() as usize - 1)
    }
}

/// The most leaves that make the same claim, and are not shown to come from one CA, which are listed one by one. More of
/// them are listed as one, by their claim: a network can have a million, and nobody reads that.
pub(super) const LISTED_ALONE: usize = 100;

/// Sets of leaves connected by agreements, each with the standing that says most of the CA.
fn components<'i>(
    relations: Relations<'i>,
    briefs: &Briefs,
) -> Vec<(&'i Standing, Vec<LeafNumber>)> {
    let mut parent: Vec<usize> = (0..relations.classes.len()).collect();
    let mut linked = vec![false; parent.len()];
    for &(left, right) in &relations.agreements {
        (linked[left], linked[right]) = (true, true);
        let (left, right) = (find(&mut parent, left), find(&mut parent, right));
        parent[left.max(right)] = left.min(right);
    }
    let mut connected: BTreeMap<usize, (&Standing, Vec<LeafNumber>)> = BTreeMap::new();
    let mut alone = Vec::new();
    for (index, class) in relations.classes.into_iter().enumerate() {
        if class.standing.issuer.is_none() {
            continue;
        }
        let count = briefs.count_leaves(class.leaves.iter().copied());
        if !linked[index] && count > LISTED_ALONE as u64 {
            alone.push((class.standing, class.leaves));
            continue;
        }
        if class.leaves.len() > 1 && !linked[index] {
            alone.extend(
                class
                    .leaves
                    .iter()
                    .map(|leaf| (class.standing, vec![*leaf])),
            );
            continue;
        }
        let entry = connected
            .entry(find(&mut parent, index))
            .or_insert((class.standing, Vec::new()));
        entry.1.extend(class.leaves);
        if class.standing.evidence().strength() > entry.0.evidence().strength() {
            entry.0 = class.standing;
        }
    }
    let mut connected: Vec<_> = connected.into_values().collect();
    for (_, leaves) in &mut connected {
        leaves.sort_unstable();
    }
    connected.extend(alone);
    connected
}

fn find(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}

/// A CA before it has its place in the list.
struct Draft<'i> {
    standing: &'i Standing,
    /// In their order.
    leaves: Vec<LeafNumber>,
    /// How many leaves these stand for.
    count: u64,
    endpoints: u64,
    name: Option<Arc<str>>,
    facts: Option<&'i CaFacts>,
}

impl Draft<'_> {
    /// Largest first, then by name; the first leaf settles what is left.
    fn rank(&self) -> impl Ord + use<'_> {
        (
            std::cmp::Reverse(self.endpoints),
            &self.name,
            self.leaves.first(),
        )
    }

    fn finish(self, index: usize, identified: &Identified, names: &Names<'_>) -> Ca {
        let key = self.standing.key();
        let certificates = self.facts.into_iter().flat_map(|facts| &facts.certificates);
        let own = self
            .leaves
            .first()
            .filter(|_| self.standing.evidence() == Evidence::SelfSigned)
            .map(|leaf| identified.leaves.fingerprint(*leaf));
        let spki = certificates
            .chain(&own)
            .filter_map(|certificate| {
                identified
                    .certificate(certificate)?
                    .public_key
                    .as_ref()
                    .ok()
            })
            .filter(|public_key| Some(public_key.fingerprint) == key)
            .map(|public_key| public_key.spki_sha256)
            .min();
        let recovered = self.facts.and_then(|facts| facts.recovered.as_ref());
        let spki = spki.or(recovered.map(|key| key.spki_sha256));
        // What the CA's certificate says, before what is computed from its key.
        let said = self.facts.into_iter().flat_map(|facts| &facts.certificates);
        let said = said
            .filter_map(|certificate| identified.certificate(certificate)?.subject_key_id())
            .min();
        let key_id = said.or_else(|| self.standing.key_ids.first());
        let roots = self
            .facts
            .into_iter()
            .flat_map(|facts| &facts.ancestry.roots);
        let roots: BTreeSet<String> = roots.map(|root| names.ca(root)).collect();
        Ca {
            id: format!("ca-{}", index + 1),
            name: self.name.as_deref().unwrap_or_default().to_owned(),
            spki_sha256: spki,
            key_id: key_id.map(ToString::to_string),
            evidence: self.standing.evidence(),
            roots: roots.into_iter().collect(),
            endpoints: self.endpoints,
            leaves: self.count,
        }
    }
}

/// The CA that a standing names, when its key is known.
pub(super) fn ca_key(standing: &Standing) -> Option<CaKey> {
    Some(CaKey {
        name: standing.issuer.clone()?,
        key: standing.key()?,
    })
}
