//! Running a program and taking its time.

use anyhow::{Context as _, Result, ensure};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What one run of a program took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Seconds on the clock.
    pub(crate) wall: f64,
    /// Seconds of processor, in the program itself; what servers do for it is not in it.
    pub(crate) cpu: f64,
    /// Megabytes, where the program says so.
    pub(crate) peak: Option<u64>,
}

/// Runs a program to its end; what it prints is kept or, for `quiet`, thrown away.
pub(crate) fn run(command: &mut Command, quiet: bool) -> Result<(Sample, Output)> {
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    command.stdout(if quiet { Stdio::null() } else { Stdio::piped() });
    let before = children_cpu()?;
    let begun = Instant::now();
    let output = command.spawn().and_then(std::process::Child::wait_with_output);
    let wall = begun.elapsed().as_secs_f64();
    let output = output.with_context(|| format!("{command:?}"))?;
    let said = || format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?}: {}: {}", output.status, said());
    Ok((Sample { wall, cpu: (children_cpu()? - before).as_secs_f64(), peak: None }, output))
}

/// The median of each figure on its own.
pub(crate) fn median(samples: &[Sample]) -> Sample {
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    };
    let mut peaks: Vec<u64> = samples.iter().filter_map(|sample| sample.peak).collect();
    peaks.sort_unstable();
    Sample {
        wall: middle(samples.iter().map(|sample| sample.wall).collect()),
        cpu: middle(samples.iter().map(|sample| sample.cpu).collect()),
        peak: peaks.get(peaks.len() / 2).copied(),
    }
}

/// Processor time of all programs that were started and waited for: proc(5), /proc/self/stat,
/// fields 16 and 17, in hundredths of a second.
fn children_cpu() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("processor time is read as Linux gives it")?;
    // The second field is the program's name and may hold anything; it ends with the last `)`.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 = fields.split_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}
