//! L3: check again and again, tell what changed, and show where things are: metrics and a status page.
//!
//! The connections, the judgement and the files are those of whoever calls, behind one narrow door ([`Door`]); here is the
//! schedule, what is remembered from run to run, and the HTTP surface. The schedule goes by the monotonic clock; the wall
//! clock is read for display alone. Runs never overlap: everything that takes turns happens in [`watch`].

mod answer;
mod change;
mod command;
mod host;
mod metrics;
mod page;
mod schedule;
mod serve;
mod state;
mod turns;
mod words;

pub use change::{Changed, Previous, compare};
pub use command::{Command, CommandError, Said};
pub use schedule::Schedule;
pub use serve::{Server, is_open};
pub use state::{Shared, Trouble};
pub use turns::{Door, Round, Say, watch};
