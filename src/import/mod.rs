//! From Grafana's own files to rosterd's: texts in, texts out.
//!
//! Grafana's files are read with Grafana's quirks (`read`), turned into a draft of a configuration
//! (`ldap`, `login`, `teams`), and written down (`write`, `report`). `grafana` decides by Grafana's
//! rules what some people would get, so that the tests that come out prove something. Nothing here
//! reads a file, a database or a directory, or evaluates a rule of rosterd's.

mod cases;
mod draft;
mod grafana;
mod ldap;
mod login;
mod org_mapping;
mod orgs;
mod problem;
mod read;
mod report;
mod settings;
mod teams;
mod write;

pub use problem::{Problem, Problems};

use crate::config;
use draft::Draft;
use orgs::Orgs;
use report::Report;
use serde_json::Value;
use settings::Settings;

/// A file of Grafana's.
#[derive(Debug, Clone)]
pub struct Text {
    /// Its name in messages and comments.
    pub name: String,
    pub text: String,
}

/// Everything that there is to import.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// `ldap.toml`.
    pub ldap: Option<Text>,
    /// `grafana.ini`.
    pub ini: Option<Text>,
    /// Team sync links: `{"<team>": ["<external group>", …]}`.
    pub team_sync: Option<Text>,
    /// Organizations: `{"<name>": <id>}`.
    pub orgs: Option<Text>,
    /// Variables; those of the form `GF_<SECTION>_<KEY>` win over the ini.
    pub environment: Vec<(String, String)>,
    /// Where Grafana is less safe than rosterd: as Grafana.
    pub compat: bool,
}

/// What comes out.
#[derive(Debug, Clone)]
pub struct Imported {
    /// `rosterd.toml`
    pub config: String,
    /// `tests.yaml`
    pub tests: String,
    /// `report.md`
    pub report: String,
    /// How many settings were converted, need a look, can't be said.
    pub converted: usize,
    pub look: usize,
    pub cannot: usize,
}

/// JMESPath, which both sides speak.
pub trait Expressions {
    /// Whether it compiles.
    ///
    /// # Errors
    /// Why not.
    fn check(&self, expression: &str) -> Result<(), String>;
    /// What it yields.
    ///
    /// # Errors
    /// Why nothing.
    fn search(&self, expression: &str, document: &Value) -> Result<Value, String>;
}

/// Converts.
///
/// # Errors
/// What is wrong with the inputs, by file and line: everything that makes Grafana itself refuse them.
pub fn import(inputs: &Inputs, expressions: &dyn Expressions) -> Result<Imported, Problems> {
    let mut report = Report::new(inputs.compat);
    let mut problems = Problems::default();
    let settings = problems.keep(Settings::read(inputs.ini.as_ref(), &inputs.environment));
    let orgs = problems.keep(Orgs::read(inputs.orgs.as_ref()));
    let links = problems.keep(teams::Links::read(inputs.team_sync.as_ref()));
    let servers = problems.keep(ldap::Servers::read(inputs.ldap.as_ref(), &inputs.environment));
    let (Some(settings), Some(mut orgs), Some(links), Some(servers)) = (settings, orgs, links, servers) else {
        return Err(problems);
    };
    let mut draft = Draft::default();
    let assign = login::Assign::read(&settings, &mut report);
    let mut work = Work { settings: &settings, assign, orgs: &mut orgs, report: &mut report, expressions };
    if let Some(servers) = &servers {
        problems.add(ldap::convert(servers, &mut draft, &mut work));
    }
    problems.add(login::convert(&mut draft, &mut work));
    if let Some(links) = &links {
        teams::convert(links, &mut draft, &mut work);
    }
    if draft.providers.is_empty() && problems.is_empty() {
        problems.add(vec![nothing(inputs)]);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    settings.report_the_rest(&mut report);
    draft.orgs = orgs.declared(&mut report);
    let tests = cases::write(&draft, expressions);
    let config = write::config(&draft, inputs.compat);
    if let Err(wrong) = config::parse(&config, config::Format::Toml, "rosterd.toml", &[]) {
        // Something in Grafana's files that rosterd's own rules refuse, such as no host at all.
        problems.add(vec![Problem::whole("", format!("what comes out is no configuration:\n{wrong}"))]);
        return Err(problems);
    }
    let (converted, look, cannot) = report.counts();
    Ok(Imported { config, tests, report: report.markdown(&draft), converted, look, cannot })
}

/// What every part of the conversion needs.
struct Work<'a> {
    settings: &'a Settings,
    assign: login::Assign,
    orgs: &'a mut Orgs,
    report: &'a mut Report,
    expressions: &'a dyn Expressions,
}

fn nothing(inputs: &Inputs) -> Problem {
    let file = inputs.ini.as_ref().or(inputs.ldap.as_ref()).map_or("", |text| text.name.as_str());
    Problem::whole(
        file,
        "there is no provider to import: give --ldap ldap.toml, or --ini grafana.ini with a section such as \
         [auth.generic_oauth] that is not switched off (or its GF_AUTH_… variables)",
    )
}
