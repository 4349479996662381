//! Files that are no history, or cannot be used as one.
