//! What can be typed.

use super::grant::Grant;
use super::look::Whom;
use super::role::RoleCommand;
use super::service_account::ServiceAccount;
use super::user::User;
use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Your identity provider's groups, kept true in your application's authorization database.
#[derive(Debug, Parser)]
#[command(name = "rosterd", version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// The configuration: TOML, YAML or JSON.
    #[arg(long, short, global = true, env = "ROSTERD_CONFIG", default_value = "rosterd.toml", value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// How results are printed.
    #[arg(long, short, global = true, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
    /// End with code 3 when there are warnings.
    #[arg(long, global = true)]
    pub(crate) deny_warnings: bool,
    /// No progress, no notes; changes and the summary are still printed.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 differences (--detailed-exitcode) or a failed case (test-rules), 3 warnings \
                          (--deny-warnings), 4 stopped by a limit, 5 partial, 64 wrong usage, 78 configuration invalid.";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Table,
    Json,
    Yaml,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Plan and apply once, under the limits.
    Sync {
        /// Only these providers.
        #[arg(value_name = "PROVIDER")]
        providers: Vec<String>,
    },
    /// Look at one person now, as a login does, and change what the rules say of them alone.
    Look(Whom),
    /// Show what would change, and why. Writes nothing.
    Plan {
        /// Only these providers.
        #[arg(value_name = "PROVIDER")]
        providers: Vec<String>,
        /// Keep the plan, for `rosterd apply`.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// End with code 2 when there are differences.
        #[arg(long)]
        detailed_exitcode: bool,
        /// Print Markdown, for a review.
        #[arg(long)]
        markdown: bool,
    },
    /// Apply a plan that was kept, if it is still what would be done.
    Apply {
        /// What `rosterd plan --out` wrote.
        file: PathBuf,
    },
    /// Keep everything true: each provider on its schedule, until told to stop.
    Run,
    /// What the rules say of somebody, without asking the provider or writing anything.
    Simulate(Simulate),
    /// Hold the rules to files of cases: who gets what, who is refused. Asks no provider and no
    /// database.
    TestRules(TestRules),
    /// Try the configuration, or a provider.
    #[command(subcommand)]
    Check(Check),
    /// Why somebody has a right or has it not; what a group does. Reads the database only.
    #[command(subcommand)]
    Explain(Explain),
    /// What the database holds, the last runs, what waits for a decision.
    Status,
    /// Plans that a limit stopped.
    #[command(subcommand)]
    Holds(Holds),
    /// What login hooks delivered; a call to try one with.
    #[command(subcommand)]
    Hooks(Hooks),
    /// The database's tables.
    #[command(subcommand)]
    Db(Db),
    /// The record of every change.
    #[command(subcommand)]
    Audit(Audit),
    /// What a person does about an account: suspend, block, archive, and back.
    #[command(subcommand)]
    User(User),
    /// Everybody's account, and how it stands.
    Users,
    /// Accounts that work for programs, and their tokens.
    #[command(subcommand)]
    ServiceAccount(ServiceAccount),
    /// Roles that people make.
    #[command(subcommand)]
    Role(RoleCommand),
    /// What people give by hand: roles, and to act for somebody.
    #[command(subcommand)]
    Grant(Grant),
    /// Tokens of the API.
    #[command(subcommand)]
    Token(Token),
    /// Delete an archived person for good. Only the audit records stay, without the name.
    Purge {
        login: String,
        /// Do it, instead of saying what would be done.
        #[arg(long)]
        yes: bool,
    },
    /// Take back everything that a provider gave, under the limits. For providers that are no
    /// longer used: removing one from the configuration alone takes nothing away.
    Retire { provider: String },
    /// Make a configuration from another program's.
    #[command(subcommand)]
    Import(Import),
    /// Show it all on a made-up company of 200 people, in a folder of its own, without any server.
    Demo {
        /// Go on running at the end, until Ctrl-C, so that the files can be changed and followed.
        #[arg(long)]
        stay: bool,
        /// The folder to use, and to leave there. Default: a new temporary one.
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
    /// Ask a running rosterd whether it is ready: 0 when it is, 1 when not. For images without curl.
    Healthcheck(Healthcheck),
    /// Print the description of the API (OpenAPI 3.1).
    Openapi,
    /// Print a completion script for a shell.
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, or write one for each command into a folder.
    Man {
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Simulate {
    /// The provider whose rules are asked.
    #[arg(long, value_name = "NAME", requires = "input", required_unless_present = "rules")]
    pub(crate) provider: Option<String>,
    /// What the provider says of somebody, as JSON: groups, dn, attributes, id_token, userinfo,
    /// access_token, assertion. `-` is standard input.
    #[arg(long, value_name = "FILE", requires = "provider", required_unless_present = "rules")]
    pub(crate) input: Option<PathBuf>,
    /// Other rules, tried on what the providers said last: who gains, who loses. A whole
    /// configuration, or only `version` and `rules`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["provider", "input"])]
    pub(crate) rules: Option<PathBuf>,
    /// With --rules: only these providers.
    #[arg(value_name = "PROVIDER", requires = "rules")]
    pub(crate) providers: Vec<String>,
    /// With --rules: end with code 2 when there are differences.
    #[arg(long, requires = "rules")]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct TestRules {
    /// Files of cases: YAML, TOML or JSON.
    #[arg(value_name = "CASES", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Only cases in whose name this regular expression is found.
    #[arg(long, value_name = "REGEX")]
    pub(crate) run: Option<String>,
    /// Write the results as JUnit XML, for a build server.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Show line by line how what was found differs.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Name the rules that no case makes decide, or none makes miss.
    #[arg(long)]
    pub(crate) coverage: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Healthcheck {
    /// What to ask: readyz or livez of the operations listener.
    #[arg(long, env = "ROSTERD_HEALTHCHECK_URL", default_value = "http://127.0.0.1:7172/readyz", value_name = "URL")]
    pub(crate) url: String,
    /// Seconds to wait for the answer.
    #[arg(long, default_value_t = 4, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) timeout: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Check {
    /// Read the configuration and report every mistake.
    Config,
    /// As `config`, and hold the rules against what the database last saw of each provider: groups
    /// that were never there, rules that match nobody.
    Rules,
    /// Connect, sign in and read a little, step by step.
    Provider { name: String },
    /// Find the keys of a stream of security events, step by step.
    Signals { name: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Import {
    /// From Grafana: rosterd.toml, tests.yaml and report.md. `GF_…` variables count as they do for
    /// Grafana.
    Grafana(Grafana),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Grafana {
    /// Grafana's ldap.toml.
    #[arg(long, value_name = "FILE")]
    pub(crate) ldap: Option<PathBuf>,
    /// grafana.ini, or custom.ini.
    #[arg(long, value_name = "FILE")]
    pub(crate) ini: Option<PathBuf>,
    /// Team sync as JSON: {"<team>": ["<external group>", …]}.
    #[arg(long, value_name = "FILE")]
    pub(crate) team_sync: Option<PathBuf>,
    /// Organizations as JSON: {"<name>": <id>}.
    #[arg(long, value_name = "FILE")]
    pub(crate) orgs: Option<PathBuf>,
    /// As Grafana, even where Grafana is less safe: report.md says where.
    #[arg(long)]
    pub(crate) compat: bool,
    /// The folder to write into. Files that are there already are never overwritten.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Explain {
    /// A person: who they are, what they have by which rule and group, what lost, and why not more.
    User {
        /// A login, an e-mail address, or # and the number in `users.id`.
        query: String,
    },
    /// A provider's group: what is in it, what it is in, which rules look at it, what it gives.
    Group {
        /// A name or a DN.
        query: String,
    },
    /// Whether somebody may do something: each way in which they may, and who gave it; or why not.
    Permission(Permission),
    /// What a code in brackets, such as error[unknown-key], means and what to do. Without one: all codes.
    Code {
        /// Such as unknown-key.
        code: Option<String>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Permission {
    /// Their login, or # and the number in `users.id`.
    pub(crate) login: String,
    /// Such as dashboards:read.
    pub(crate) action: String,
    /// To what, such as folders:emea. Without it: to anything at all.
    pub(crate) scope: Option<String>,
    /// In which organization: its name, or # and its number. Without it: in every one.
    #[arg(long, value_name = "ORG")]
    pub(crate) org: Option<String>,
    /// In whose name they would do it: a login, or # and a number.
    #[arg(long, value_name = "LOGIN")]
    pub(crate) acting_for: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Holds {
    /// All of them, newest first.
    List,
    /// One with its reasons and its plan.
    Show { id: i64 },
    /// Let the plan be applied by the next sync.
    Approve {
        id: i64,
        /// The plan's hash, as `show` prints it: whoever approves has seen it.
        #[arg(long, value_name = "HASH")]
        plan: String,
        /// Who approves. Default: the name of the user who types this.
        #[arg(long, env = "USER", default_value = "unknown")]
        by: String,
    },
    /// Never apply the plan; it waits for no decision any more.
    Reject {
        id: i64,
        /// Who rejects. Default: the name of the user who types this.
        #[arg(long, env = "USER", default_value = "unknown")]
        by: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Hooks {
    /// The last deliveries, newest first.
    List {
        /// Only of this hook.
        #[arg(long, value_name = "NAME")]
        hook: Option<String>,
        /// How many at most.
        #[arg(long, default_value_t = 50, value_name = "NUMBER")]
        limit: u32,
    },
    /// Work on a delivery once more.
    Replay {
        /// As `list` prints it.
        id: String,
    },
    /// Make a call as the sender would, signed, and print the answer.
    Send {
        /// The hook, by its name in the configuration.
        #[arg(long, value_name = "NAME")]
        hook: String,
        /// Who logs in: what stands where the hook looks for the person.
        #[arg(long, value_name = "PERSON")]
        person: String,
        /// Where `rosterd run` listens, such as http://127.0.0.1:8080.
        #[arg(long, value_name = "URL")]
        url: String,
        /// Call as this sender, instead of the hook's.
        #[arg(long = "as", value_name = "SENDER")]
        sender: Option<String>,
        /// Wait for the answer about the person.
        #[arg(long)]
        inline: bool,
        /// What the event is called, to send the same twice. Default: something new.
        #[arg(long, value_name = "ID")]
        id: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Bring the tables up to this program's version.
    Migrate,
    /// Which migrations there are, and when they were applied.
    Status,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Check the whole chain; name the first record that is not as it was written.
    Verify,
    /// Print every record as a line of JSON.
    Export {
        /// Only records after this one.
        #[arg(long, default_value_t = 0, value_name = "SEQ")]
        after: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make one, and print it this once.
    Create {
        /// For people: who uses it.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it may do: read, explain, check, run, approve, hooks, admin. May be given several times.
        #[arg(long, value_name = "SCOPE", required = true, value_delimiter = ',')]
        scope: Vec<String>,
        /// How long it lasts. Default: 90d.
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        /// Who makes it. Default: the name of the user who types this.
        #[arg(long, env = "USER", default_value = "unknown")]
        by: String,
    },
    /// All of them, without what they are.
    List,
    /// End one at once.
    Revoke {
        id: String,
        /// Who revokes. Default: the name of the user who types this.
        #[arg(long, env = "USER", default_value = "unknown")]
        by: String,
    },
}
