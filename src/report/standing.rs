//! What a row is within its report: judged or not, of which CA, asked for in which way.

use crate::model::observation::Variant;
use crate::model::report::{Ca, EndpointReport, RunReport};

/// Whether the row's group counts for the verdict.
pub(super) fn is_judged(row: &EndpointReport, head: &RunReport) -> bool {
    let mut groups = head.groups.iter();
    groups.any(|group| group.name == row.group && group.judged)
}

/// The CA that the row's leaf comes from, where that is known.
pub(super) fn ca_of<'r>(row: &EndpointReport, head: &'r RunReport) -> Option<&'r Ca> {
    let id = row.ca.as_deref()?;
    head.cas.iter().find(|ca| ca.id == id)
}

/// How it was asked for, when not in the usual way: the words of the document.
pub(super) fn variant(row: &EndpointReport) -> Option<&'static str> {
    row.variant.map(|variant| match variant {
        Variant::Rsa => "rsa",
        Variant::Ecdsa => "ecdsa",
        Variant::NoSni => "no-sni",
        Variant::Sample => "sample",
    })
}
