//! What a documented metric is made of. Recording is the `metrics` crate's; this is what is said of
//! it, and what it starts with.

/// One documented metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    /// A sentence for the operator: what it says, and where it is not obvious, of what moment.
    pub help: &'static str,
    pub labels: &'static [Label],
    /// Whether its series are there with 0 before anything happened, as far as their labels' values
    /// are known. Not for what would then be a lie: a time, or a provider that nobody asked yet.
    pub from_zero: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    Counter,
    Gauge,
    /// With the upper bounds of its buckets.
    Histogram(&'static [f64]),
}

impl Kind {
    /// As the text format says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Label {
    pub name: &'static str,
    pub values: Values,
}

/// What may stand in a label.
#[derive(Debug, Clone, Copy)]
pub enum Values {
    /// One of these words.
    Words(&'static [&'static str]),
    /// A provider's name in the configuration.
    Providers,
    /// A login hook's name in the configuration.
    Hooks,
    /// A stream of security events' name in the configuration.
    Signals,
    /// Known only when it happens, and described here. Never what a person or a sender chose.
    Described(&'static str),
}

/// From a millisecond to a minute: answers of a server, of the database, to a request.
pub(super) const QUICK: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// From ten milliseconds to an hour: stages of a run over everybody.
pub(super) const LONG: &[f64] =
    &[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0];
