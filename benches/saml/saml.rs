//! The messages of the tests.

#[path = "../../tests/it/saml/forge/mod.rs"]
pub mod forge;
