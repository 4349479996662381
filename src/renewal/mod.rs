//! L3: the smoke test after a renewal, and what changed between two runs.
//!
//! Pure but for [`until_right`]: observations and a baseline → a document. Whether two leaves come from the same CA is decided by
//! `identify` and `judge`, never here; it prints nothing, and the connections are made by whoever calls.

mod assess;
mod baseline;
mod class;
mod diff;
mod leaves;
mod matching;
mod pools;
mod row;
mod state;
mod wait;
mod words;

pub use assess::{Question, Scope, Wanted, assess};
pub use baseline::{Baseline, Foreign, inventory, known};
pub use diff::diff;
pub use wait::{Pace, Rounds, until_right};
