//! Several programs and one history.
