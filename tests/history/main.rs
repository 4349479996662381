//! The kept history: what comes back, what is told, what it endures.

mod faults;
mod round_trip;
mod runs;
mod telling;
mod writers;
