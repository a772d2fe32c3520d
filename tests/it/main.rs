//! The functional tests: one binary, one file a promise, real servers.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod store;
mod world;
