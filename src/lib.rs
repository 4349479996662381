//! Do all the TLS servers of an estate present certificates from the same CA?
//!
//! # Two servers, asked and judged
//!
//! What a name leads to, what each endpoint presents, who issued it, and the verdict:
//!
//! ```no_run
//! use sameca::model::target::Role;
//! use sameca::model::verdict::Verdict;
//! use sameca::{identify, inventory, judge, sweep};
//! use tokio_util::sync::CancellationToken;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let mut targets = inventory::Builder::new(inventory::Selection::default());
//! targets.command_line(Role::FrontEnd, "lync01.contoso.com:443");
//! targets.command_line(Role::PersistentChat, "pchat01.contoso.com:443");
//! let inventory = targets.finish().expect("good targets");
//!
//! let settings = sweep::Settings::new("run-1");
//! let observed = sweep::observe_all(&inventory, &settings, &CancellationToken::new(), |_| ()).await;
//!
//! let identified = identify::identify(&observed.observations, []);
//! let rules = judge::Rules::new("run-1", sweep::now());
//! let report = judge::judge(&rules, &observed.observations, &identified);
//! println!("{}", report.headline);
//! assert_eq!(report.verdict, Verdict::Same);
//! # }
//! ```
//!
//! The interface of this library may change with every version before 1.0; the program and its documents keep their promise.
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
pub mod history;
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
pub mod watch;
pub mod wire;
pub mod x509;
