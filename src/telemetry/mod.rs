//! What rosterd says of itself: metrics, logs, traces. May be used by every other module.
//!
//! Nothing here decides, waits for a reader, or fails what it reports on: a collector, a scraper or
//! a log sink that is slow or gone costs lines, never work. No secrets and no names of people are
//! told in metrics.

mod metric;
pub mod names;
mod table;

pub use metric::{Kind, Label, Metric, Values};
pub use table::METRICS;
