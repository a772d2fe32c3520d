//! The functional tests: one binary, one file a promise.

mod config;
