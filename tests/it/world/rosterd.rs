//! The program itself, run as a person runs it.

use super::wait_until;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Longer than anything here takes on a slow machine; who needs longer hangs.
const LIMIT_SECONDS: u64 = 120;

/// A run of the program that goes on.
#[derive(Debug)]
pub struct Running {
    child: Child,
    args: String,
    /// Where its two outputs go: files, so that a full pipe never stops it.
    out: (PathBuf, PathBuf),
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub args: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

/// Starts it in `dir`, with no environment but `env`.
pub fn start(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Running {
    start_command(dir, Command::new(env!("CARGO_BIN_EXE_rosterd")), args, env)
}

/// The same under limits of `prlimit`, which becomes the program.
pub fn start_limited(dir: &Path, limits: &[&str], args: &[&str]) -> Running {
    let mut command = Command::new("prlimit");
    command.args(limits).arg(env!("CARGO_BIN_EXE_rosterd"));
    start_command(dir, command, args, &[])
}

fn start_command(dir: &Path, mut command: Command, args: &[&str], env: &[(&str, &str)]) -> Running {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let n = RUNS.fetch_add(1, Ordering::Relaxed);
    let out = (dir.join(format!("{n}.stdout")), dir.join(format!("{n}.stderr")));
    let child = command
        .args(args)
        .current_dir(dir)
        .env_clear()
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .stdout(File::create(&out.0).unwrap())
        .stderr(File::create(&out.1).unwrap())
        .spawn()
        .unwrap();
    Running { child, args: args.join(" "), out }
}

/// A test that fails leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        // It has mostly ended, and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Waits for its end.
    pub fn wait(mut self) -> Outcome {
        let ended = wait_until(LIMIT_SECONDS, || self.child.try_wait().unwrap().is_some());
        if !ended {
            self.child.kill().unwrap();
        }
        let status = self.child.wait().unwrap();
        let read = |path: &PathBuf| String::from_utf8(std::fs::read(path).unwrap()).unwrap();
        let args = std::mem::take(&mut self.args);
        let outcome = Outcome { args, status, stdout: read(&self.out.0), stderr: read(&self.out.1) };
        assert!(ended, "rosterd hangs: {outcome:#?}");
        outcome
    }

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Whether it was stopped by a signal, and goes on with the next `CONT` (proc(5), `stat`).
    pub fn stands_still(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    /// The most memory that it has held so far, in bytes.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Sends a signal by its name, such as `INT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// Sends a signal so many times, one right after the other: by a shell's own `kill`.
    pub fn signals(&self, name: &str, times: u32) {
        let send = "n=0; while [ $n -lt $3 ]; do kill -$1 $2; n=$((n+1)); done";
        let args = ["-c", send, "sh", name, &self.child.id().to_string(), &times.to_string()];
        assert!(Command::new("sh").args(args).status().unwrap().success());
    }

    /// What it has written to its standard error so far.
    pub fn stderr_so_far(&self) -> String {
        std::fs::read_to_string(&self.out.1).unwrap()
    }

    /// Ends it as a power cut does (SIGKILL); returns what it had said, and whether it had ended before.
    pub fn kill(mut self) -> Outcome {
        self.child.kill().unwrap();
        self.wait()
    }
}

impl Outcome {
    /// Stops the test unless it ended by itself with this exit code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert!(
            self.status.code() == Some(code),
            "rosterd {}: {}, not exit code {code}\nstdout:\n{}\nstderr:\n{}",
            self.args,
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Stops the test unless a signal ended it.
    #[track_caller]
    pub fn expect_killed(self) -> Self {
        assert!(self.status.signal().is_some(), "rosterd {}: {} instead of a crash", self.args, self.status);
        self
    }

    /// Stops the test unless one of the outputs has `text` in it.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text) || self.stderr.contains(text),
            "rosterd {} does not say {text:?}\nstdout:\n{}\nstderr:\n{}",
            self.args,
            self.stdout,
            self.stderr
        );
        self
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("rosterd {}: {e}\n{}", self.args, self.stdout))
    }
}
