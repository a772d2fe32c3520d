//! The functional tests: one file a promise.

mod file_provider;
