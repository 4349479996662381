//! L0: the values that flow between the stages.
//!
//! Plain data: no input or output, no async, no clock. Every other layer may use it; it uses none of them.

pub mod bytes;
pub mod certificate;
pub mod change;
pub mod codepoint;
pub mod diff;
pub mod history;
pub mod identified;
pub mod issuer;
pub mod observation;
pub mod renewal;
pub mod report;
pub mod target;
pub mod timestamp;
pub mod verdict;
