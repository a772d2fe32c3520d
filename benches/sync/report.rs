//! What was measured, as a table and as JSON.

use crate::measure::Sample;
use serde_json::{Value, json};

/// One line: what rosterd took, beside the floor of the same machine in the same minutes.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) rosterd: Sample,
    pub(crate) floor_of: &'static str,
    pub(crate) floor: f64,
    /// The ratio aimed at.
    pub(crate) aim: Option<f64>,
}

impl Line {
    fn ratio(&self) -> f64 {
        self.rosterd.wall / self.floor.max(0.001)
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "what": self.what, "seconds": round(self.rosterd.wall), "cpu_seconds": round(self.rosterd.cpu),
            "peak_memory_mb": self.rosterd.peak, "floor": self.floor_of, "floor_seconds": round(self.floor),
            "ratio": round(self.ratio()), "aim": self.aim,
        })
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The lines, under a heading, in columns.
pub(crate) fn table(lines: &[Line]) -> String {
    let mut out = format!(
        "{:<36} {:>8} {:>8} {:>8} {:>6} {:>6} {:>8}  floor\n",
        "", "rosterd", "cpu", "floor", "ratio", "aim", "memory"
    );
    for line in lines {
        let aim = line.aim.map_or_else(String::new, |aim| format!("{aim:.1}"));
        let peak = line.rosterd.peak.map_or_else(String::new, |mb| format!("{mb} MB"));
        out.push_str(&format!(
            "{:<36} {:>6.2} s {:>6.2} s {:>6.2} s {:>6.2} {aim:>6} {peak:>8}  {}\n",
            line.what,
            line.rosterd.wall,
            line.rosterd.cpu,
            line.floor,
            line.ratio(),
            line.floor_of
        ));
    }
    out
}
