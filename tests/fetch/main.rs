//! `--fetch-issuers`, against a web server on loopback: what is fetched, what is refused, and what it is good for.

#![expect(unreachable_pub, reason = "modules of a test binary are only its own")]

mod one;
mod pki;
mod run;
mod server;
