//! What rosterd says of itself: metrics, logs, traces. May be used by every other module.
//!
//! Nothing here decides, waits for a reader, or fails what it reports on: a collector, a scraper or
//! a log sink that is slow or gone costs lines, never work. No secrets are told anywhere, and no
//! names of people or groups in metrics and traces.

pub mod log;
mod metric;
pub mod names;
mod process;
mod recorder;
mod setup;
mod table;
mod traces;

pub use metric::{Kind, Label, Metric, Values};
pub use recorder::{CONTENT_TYPE, Configured, Metrics, begin};
pub use setup::{Telling, follow, start};
pub use table::METRICS;
pub use traces::accept;
