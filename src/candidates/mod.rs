//! L2: certificates that may be the issuers of others: from files, from the platform's trust store, and, only when asked
//! for, from the addresses that certificates name.

mod fetch;
mod files;
mod platform;

pub use fetch::{FetchError, Limits, fetch};
pub use files::{CandidateError, LARGEST_FILE, read};
pub use platform::platform;
