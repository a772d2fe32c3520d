//! `rosterd look`: one person, as a login does it.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::{note, print};
use crate::store::PersonNow;
use crate::sync::{Asked, Finding, Looked, RunError};
use rosterd_core::snapshot::PersonKey;
use rosterd_core::writes::Trigger;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Whom `rosterd look` is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Whom {
    /// Their login at the provider.
    #[arg(value_name = "LOGIN")]
    pub(crate) login: Option<String>,
    /// Their e-mail address instead.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "login")]
    pub(crate) email: Option<String>,
    /// Their immutable id at the provider instead.
    #[arg(long, value_name = "ID", conflicts_with_all = ["login", "email"])]
    pub(crate) subject: Option<String>,
    /// Only this provider; otherwise all that can be asked.
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
}

pub(super) async fn run(args: &Args, whom: &Whom) -> Result<Exit, Failure> {
    let key = match (&whom.login, &whom.email, &whom.subject) {
        (Some(login), ..) => PersonKey::Login(login.clone()),
        (_, Some(email), _) => PersonKey::Email(email.clone()),
        (.., Some(subject)) => PersonKey::Subject(subject.clone()),
        (None, None, None) => {
            return Err(Failure::new(Exit::Usage, "say who: a LOGIN, or --email, or --subject"));
        }
    };
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let engine = context::engine(&loaded, store)?;
    let named: Vec<String> = whom.provider.iter().cloned().collect();
    let mut answers = Vec::new();
    for name in context::chosen_to_ask(&engine, &named)? {
        let looked = engine.look(&name, &[Asked::Key(key.clone())], Trigger::Command).await;
        answers.push((name, looked.map(|mut looked| looked.pop())));
    }
    // Files may have waited for whoever has come.
    if let Err(error) = engine.provision(None).await {
        note(args, &format!("provisioning: {error}"));
    }
    let mut exits = Vec::new();
    for (name, answer) in &answers {
        exits.push(exit(args, name, answer));
    }
    print(args, || text(&answers), || json!({ "providers": answers.iter().map(value).collect::<Vec<_>>() }))?;
    let known = |(_, answer): &(String, Answer)| answer.as_ref().is_ok_and(|one| one.as_ref().is_some_and(found));
    if exits.iter().all(|exit| *exit == Exit::Done) && !answers.iter().any(known) {
        return Err(Failure::failed("no provider knows exactly one person by that".to_owned()));
    }
    Ok(super::sync::overall(&exits))
}

type Answer = Result<Option<Looked>, RunError>;

fn found(looked: &Looked) -> bool {
    !matches!(looked.finding, Finding::Nobody | Finding::Several)
}

fn exit(args: &Args, provider: &str, answer: &Answer) -> Exit {
    match answer {
        Err(error) => {
            note(args, &format!("{provider}: {error}"));
            Exit::Failed
        }
        Ok(Some(Looked { finding: Finding::Held(reasons), .. })) => {
            reasons.iter().for_each(|reason| note(args, &format!("{provider}: {reason}")));
            Exit::Held
        }
        Ok(Some(Looked { finding: Finding::Incomplete(gaps), .. })) => {
            gaps.iter().for_each(|gap| note(args, &format!("{provider}: incomplete read: {gap}")));
            Exit::Done
        }
        Ok(Some(Looked { finding: Finding::NotYet, .. })) => {
            note(args, &format!("{provider}: never read in full yet; run `rosterd sync` first"));
            Exit::Failed
        }
        Ok(_) => Exit::Done,
    }
}

fn word(finding: &Finding) -> &'static str {
    match finding {
        Finding::Applied => "applied",
        Finding::Unchanged => "nothing to change",
        Finding::Nobody => "nobody by that",
        Finding::Several => "several by that",
        Finding::Incomplete(_) => "read in part; nothing was taken away",
        Finding::Held(_) => "over a limit; nothing was applied",
        Finding::NotYet => "not yet",
    }
}

/// Writing to a String cannot fail, which is why results of `writeln!` are dropped here.
fn text(answers: &[(String, Answer)]) -> String {
    let mut out = String::new();
    for (provider, answer) in answers {
        let Ok(Some(looked)) = answer else { continue };
        let denied = if looked.denied { "; the login is refused" } else { "" };
        let _ = writeln!(out, "{provider}: {}{denied}", word(&looked.finding));
        if let Some(person) = &looked.person {
            rights(&mut out, person);
        }
    }
    out
}

fn rights(out: &mut String, person: &PersonNow) {
    let admin = if person.server_admin { ", server admin" } else { "" };
    let _ = writeln!(out, "  {} ({}), {}{admin}", person.login, person.name, person.state.name());
    for org in &person.orgs {
        let _ = writeln!(out, "  {}: {}", org.name, org.role);
    }
    for team in &person.teams {
        let _ = writeln!(out, "  {} / {}: {}", team.org, team.name, team.role.name());
    }
}

fn value((provider, answer): &(String, Answer)) -> Value {
    match answer {
        Ok(Some(looked)) => json!({
            "provider": provider,
            "finding": looked.finding.name(),
            "denied": looked.denied,
            "person": looked.person.as_ref().map(PersonNow::to_json),
        }),
        Ok(None) => json!({ "provider": provider }),
        Err(error) => json!({ "provider": provider, "error": error.to_string() }),
    }
}
