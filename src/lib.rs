//! Do all the TLS servers of an estate present certificates from the same CA?
//!
//! # Code map
//!
//! Layers, lowest first; a module uses lower layers only (`tests/architecture.rs` checks it).
//!
//! | layer | modules | must not know |
//! |---|---|---|
//! | L0 | [`model`] | anything else of this crate; sockets, files, clocks, async |
//! | L1 | [`draft`], [`wire`], [`x509`] | each other, sockets, async |
//! | L2 | stages, one concern each | one another |
//! | L3 | what puts stages in a row | the command line |
//! | L4 | the command line | — |
//!
//! What flows: typed text → `Settings` → `Inventory` → `Observation`s → `Identification`s → `RunReport` → bytes.

pub mod candidates;
pub mod capture;
pub mod cli;
pub mod demo;
pub mod discover;
pub mod draft;
pub mod identify;
pub mod inventory;
pub mod judge;
pub mod kept;
pub mod model;
pub mod renewal;
pub mod report;
pub mod resolve;
pub mod sweep;
pub mod topology;
pub mod wire;
pub mod x509;
