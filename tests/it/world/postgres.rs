//! A PostgreSQL cluster for the tests.

/// The URL of a new, empty database.
pub fn database() -> String {
    panic!("no PostgreSQL in this world yet")
}
