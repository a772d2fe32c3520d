//! The program: a runtime, a log, and the command line.

use rosterd::cli::{self, Exit};
#[cfg(feature = "gssapi")]
use rosterd::providers::ldap::kerberos;
use rosterd::telemetry;
use rosterd::telemetry::log::Surroundings;
use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "gssapi")]
    if std::env::args_os().nth(1).is_some_and(|argument| argument == kerberos::helper::ARGUMENT) {
        return kerberos::helper::main();
    }
    let variable = |name| std::env::var(name).ok();
    let surroundings = Surroundings::new(variable("ROSTERD_LOG"), variable("JOURNAL_STREAM").as_deref());
    let telling = telemetry::start(surroundings);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let (_telling, runtime) = match (telling, runtime) {
        (Ok(telling), Ok(runtime)) => (telling, runtime),
        (Err(error), _) => return cannot_start(&error),
        (_, Err(error)) => return cannot_start(&error.to_string()),
    };
    let exit = runtime.block_on(cli::main(std::env::args_os().collect()));
    // What was abandoned may still hold a thread: it is not waited for, and its transaction is undone.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    ExitCode::from(exit.code())
}

fn cannot_start(error: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "error: the program cannot start: {error}");
    ExitCode::from(Exit::Failed.code())
}
