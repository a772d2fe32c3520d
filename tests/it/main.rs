//! Everything that is shown by running: one file a promise, real servers in [`world`].
//!
//! What needs no server, file or process is a unit test beside the code instead.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::panic,
    unreachable_pub,
    reason = "a test stops at the first thing that is not as it must be, and is nobody's library"
)]

mod access;
mod architecture;
mod audit;
mod audit_unwritable;
mod claims;
mod config;
mod crash;
mod crash_login;
mod daemon;
mod demo;
mod demo_company;
mod deploy;
mod diagnostics;
mod docs_queries;
mod documents;
mod explain;
mod few_resources;
mod file_provider;
mod follow;
mod grafana;
mod holds;
mod hooks;
mod hostile;
mod http;
mod last_admin;
mod ldap;
mod leases;
mod lifecycle;
mod limits;
mod logins;
mod logins_postgres;
mod look;
mod lost_event;
mod main_job;
mod meta;
mod nothing_removed;
mod nothing_removed_tampered;
mod oidc;
mod one_path;
mod orgs_by_key;
mod plan_apply;
mod provision;
mod remove;
mod replicas;
mod restored;
mod roles_by_rule;
mod saml;
mod scenarios;
mod scim;
mod several_providers;
mod signals;
mod simulate;
mod store;
mod telemetry;
mod test_rules;
mod vendors;
mod why_not;
mod worker;
mod world;
mod world_saml;
mod world_works;
