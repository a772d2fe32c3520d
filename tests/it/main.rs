//! The functional tests: one file a promise.

mod demo_company;
mod docs_queries;
mod file_provider;
