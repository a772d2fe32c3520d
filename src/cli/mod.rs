//! WHO ASKS: the command line. Turns words into calls and outcomes into text and exit codes;
//! decides nothing.

mod apply;
mod args;
mod audit;
mod check;
mod check_rules;
mod context;
mod db;
mod demo;
mod exit;
mod explain;
mod grant;
mod healthcheck;
mod holds;
mod hooks;
mod import;
mod look;
mod meta;
mod output;
mod plan;
mod progress;
mod provisioning;
mod remove;
mod role;
mod run;
mod service_account;
mod simulate;
mod status;
mod sync;
mod test_rules;
mod token;
mod user;

pub use exit::Exit;

use args::{Args, Command, Import};
use clap::Parser;
use clap::error::ErrorKind;
use exit::Failure;

/// Does what the arguments (the program's name first) say.
pub async fn main(arguments: Vec<std::ffi::OsString>) -> Exit {
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nobody is left to tell when even this cannot be printed.
            let _ = error.print();
            return if asked { Exit::Done } else { Exit::Usage };
        }
    };
    let result = match &args.command {
        Command::Sync { providers } => sync::run(&args, providers).await,
        Command::Look(whom) => look::run(&args, whom).await,
        Command::Plan { providers, out, detailed_exitcode, markdown } => {
            plan::run(&args, providers, out.as_deref(), *detailed_exitcode, *markdown).await
        }
        Command::Apply { file } => apply::run(&args, file).await,
        Command::Run => run::run(&args).await,
        Command::Simulate(what) => simulate::run(&args, what).await,
        Command::TestRules(what) => test_rules::run(&args, what),
        Command::Check(what) => check::run(&args, what).await,
        Command::Explain(what) => explain::run(&args, what).await,
        Command::Status => status::run(&args).await,
        Command::Holds(what) => holds::run(&args, what).await,
        Command::Hooks(what) => hooks::run(&args, what).await,
        Command::Db(what) => db::run(&args, what).await,
        Command::Audit(what) => audit::run(&args, what).await,
        Command::User(what) => user::run(&args, what).await,
        Command::Users => user::list(&args).await,
        Command::Role(what) => role::run(&args, what).await,
        Command::Grant(what) => grant::run(&args, what).await,
        Command::ServiceAccount(what) => service_account::run(&args, what).await,
        Command::Token(what) => token::run(&args, what).await,
        Command::Purge { login, yes } => remove::purge(&args, login, *yes).await,
        Command::Retire { provider } => remove::retire(&args, provider).await,
        Command::Import(Import::Grafana(what)) => import::run(&args, what),
        Command::Demo { stay, dir } => Box::pin(demo::run(*stay, dir.as_deref())).await,
        Command::Healthcheck(what) => healthcheck::run(&args, what).await,
        Command::Openapi => meta::openapi(),
        Command::Completions { shell } => meta::completions(*shell),
        Command::Man { dir } => meta::man(dir.as_deref()),
    };
    result.unwrap_or_else(Failure::report)
}
