//! `sameca discover` against DNS servers on loopback: an authoritative one, and scripts for what no good server sends.

mod answers;
mod hostile;
mod program;
mod script;
mod zone;
