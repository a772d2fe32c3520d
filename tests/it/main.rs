//! The functional tests: one file a promise.

mod demo_company;
mod file_provider;
