//! What the system says of this process, read when somebody asks. Where there is no `/proc`,
//! nothing is said.

use super::{METRICS, names};
use std::fmt::Write as _;
use std::fs;

/// `sysconf(_SC_CLK_TCK)`: 100 on every Linux that Rust knows; asking would need unsafe code.
const TICKS_PER_SECOND: f64 = 100.0;

/// Appends the `process_` metrics in the text format.
pub(super) fn write(text: &mut String) {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let stat = Stat::parse(&stat);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let boot = fs::read_to_string("/proc/stat").unwrap_or_default();
    let values = [
        (names::PROCESS_CPU, stat.as_ref().map(|stat| stat.cpu)),
        (names::PROCESS_MEMORY, field(&status, "VmRSS:").map(|kib| kib * 1024.0)),
        // One of them is the one that reads the folder.
        (names::PROCESS_FDS, fs::read_dir("/proc/self/fd").ok().map(|fds| fds.count().saturating_sub(1) as f64)),
        (names::PROCESS_MAX_FDS, field(&limits, "Max open files")),
        (names::PROCESS_START, stat.and_then(|stat| Some(field(&boot, "btime")? + stat.started))),
    ];
    for (name, value) in values {
        if let (Some(metric), Some(value)) = (METRICS.iter().find(|metric| metric.name == name), value) {
            let _ =
                writeln!(text, "# HELP {name} {}\n# TYPE {name} {}\n{name} {value}", metric.help, metric.kind.name());
        }
    }
}

/// The first number behind `name` at the beginning of a line.
fn field(text: &str, name: &str) -> Option<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

/// Of `/proc/self/stat` (proc_pid_stat(5)).
#[derive(Debug, Clone, Copy, PartialEq)]
struct Stat {
    /// Seconds.
    cpu: f64,
    /// Seconds after the machine's start.
    started: f64,
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses, which may hold anything.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // Fields 14, 15 and 22, counted from 1; `rest` begins with the third.
        let number = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        Some(Self { cpu: (number(14)? + number(15)?) / TICKS_PER_SECOND, started: number(22)? / TICKS_PER_SECOND })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_may_hold_anything() {
        let line = "1 (a) b (c)) S 1 1 1 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 7 0 1200 1 1";
        assert_eq!(Stat::parse(line), Some(Stat { cpu: 2.0, started: 12.0 }));
        assert_eq!(Stat::parse(""), None);
        assert_eq!(Stat::parse("1 (x) S 1"), None);
    }

    #[test]
    fn fields_of_a_text() {
        assert_eq!(field("Name:\tx\nVmRSS:\t    1234 kB\n", "VmRSS:"), Some(1234.0));
        assert_eq!(field("Max open files            unlimited            x\n", "Max open files"), None);
    }
}
