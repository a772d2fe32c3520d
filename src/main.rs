//! The program: a runtime, a log, and the command line.

use rosterd::cli::{self, Exit};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let filter =
        EnvFilter::builder().with_env_var("ROSTERD_LOG").try_from_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: the program cannot start: {error}");
            return ExitCode::from(Exit::Failed.code());
        }
    };
    let exit = runtime.block_on(cli::main(std::env::args_os().collect()));
    // What was abandoned may still hold a thread: it is not waited for, and its transaction is undone.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    ExitCode::from(exit.code())
}
