//! WHO ASKS, over HTTP: turns requests into calls and outcomes into answers. Decides nothing, and
//! holds no lock while it waits.

pub mod ops;
