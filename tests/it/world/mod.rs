//! What the functional tests need around rosterd.

pub mod postgres;
pub mod scripted_ldap;
pub mod slapd;
