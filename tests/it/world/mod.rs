//! What tests start around rosterd.

pub(crate) mod postgres;
