//! `rosterd grant`: what people give by hand, as the operator.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::{moment, print, table};
use super::role::operator;
use crate::clock::{Clock as _, SystemClock};
use crate::config::Duration;
use crate::store::{Access, FOR_EVER, Giving, HeldGrant as Held, Holder, HolderNumber, What};
use clap::Subcommand;
use rosterd_core::access::{Parameters, Pattern};
use rosterd_core::ids::Timestamp;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// What is held, whoever gave it.
    List,
    /// Give a role, or let somebody act for somebody.
    Give(Given),
    /// Take back what was given by hand. What rules and files give stays.
    Take {
        /// The entitlement, as `list` prints it.
        id: i64,
        /// The holder, as `list` prints it, such as user:7.
        holder: String,
        /// Who does it. Default: the name of the user who types this.
        #[arg(long, env = "USER", default_value = "unknown")]
        by: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Given {
    /// A role, by its name.
    #[arg(long, value_name = "NAME", group = "what")]
    role: Option<String>,
    /// To act for whoever has this login.
    #[arg(long, value_name = "LOGIN", group = "what")]
    act_for: Option<String>,
    /// The organization's name. Default: in every one.
    #[arg(long, value_name = "NAME")]
    org: Option<String>,
    /// To what it is narrowed; a `*` at the end stands for whatever begins so.
    #[arg(long, default_value = "*", value_name = "SCOPE")]
    scope: String,
    /// What an application is to know: NAME=VALUE. May be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    parameter: Vec<String>,
    /// To this login; service accounts too.
    #[arg(long, value_name = "LOGIN", group = "holder")]
    user: Option<String>,
    /// To everybody in this team of the organization.
    #[arg(long, value_name = "NAME", requires = "org", group = "holder")]
    team: Option<String>,
    /// To everybody in the organization.
    #[arg(long, requires = "org", group = "holder")]
    everybody: bool,
    /// How long, such as 8h. Default: for ever.
    #[arg(long, value_name = "TIME")]
    lasts: Option<String>,
    /// Who does it. Default: the name of the user who types this.
    #[arg(long, env = "USER", default_value = "unknown")]
    by: String,
}

impl Given {
    fn read(&self, now: Timestamp) -> Result<Giving, Failure> {
        let wrong = |message: &str| Failure::new(Exit::Usage, message.to_owned());
        let what = match (&self.role, &self.act_for) {
            (Some(role), _) => What::Role(role.clone()),
            (None, Some(login)) => What::ActFor(login.clone()),
            (None, None) => return Err(wrong("--role or --act-for")),
        };
        let to = match (&self.user, &self.team, &self.org) {
            (Some(login), ..) => Holder::User(login.clone()),
            (None, Some(team), Some(org)) => Holder::Team { org: org.clone(), team: team.clone() },
            (None, None, Some(org)) if self.everybody => Holder::Org(org.clone()),
            _ => return Err(wrong("--user, --team or --everybody")),
        };
        let scope = Pattern::parse(&self.scope).map_err(|why| wrong(&format!("--scope {why}")))?;
        let mut parameters = Parameters::new();
        for text in &self.parameter {
            let (name, value) = parameter(text).ok_or_else(|| wrong("--parameter: a name, `=` and a value"))?;
            parameters.insert(name, value);
        }
        let lasts = self.lasts.as_deref().map(|text| Duration::parse(text).filter(|lasts| lasts.millis() > 0));
        let until = match lasts {
            None => FOR_EVER,
            Some(Some(lasts)) => now.plus_millis(lasts.millis()).min(FOR_EVER),
            Some(None) => return Err(wrong("--lasts: a number and a unit, such as 8h")),
        };
        Ok(Giving { what, org: self.org.clone(), scope, parameters, to, until })
    }
}

/// A name and a value in a text.
pub(super) fn parameter(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
    Some((name.to_owned(), value.to_owned()))
}

pub(super) async fn run(args: &Args, what: &Grant) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let now = SystemClock.now();
    match what {
        Grant::List => {
            let store = context::open(&loaded, Access::Read).await?;
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let page = store.held_after(after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some((last.entitlement, last.holder));
                all.extend(page);
            }
            shown(args, &all)
        }
        Grant::Give(given) => {
            let giving = given.read(now)?;
            let store = context::open_to_write(args, &loaded).await?;
            let held = store.give(&giving, &operator(&given.by), now).await?;
            shown(args, &[held])
        }
        Grant::Take { id, holder, by } => {
            let named = holder.split_once(':').and_then(|(kind, number)| HolderNumber::of(kind, number.parse().ok()?));
            let usage = || Failure::new(Exit::Usage, "the holder: `user:`, `team:` or `org:` and a number".to_owned());
            let named = named.ok_or_else(usage)?;
            let store = context::open_to_write(args, &loaded).await?;
            if !store.take(*id, named, &operator(by), now).await? {
                return Err(Failure::failed(format!("nobody gave {id} to {holder} by hand; see `rosterd grant list`")));
            }
            print(args, || format!("taken from {holder}\n"), || json!({ "id": id, "holder": holder }))?;
            Ok(Exit::Done)
        }
    }
}

const PAGE: u32 = 500;

fn until(at: Option<Timestamp>) -> String {
    if at == Some(FOR_EVER) { "for ever".to_owned() } else { moment(at) }
}

fn shown(args: &Args, all: &[Held]) -> Result<Exit, Failure> {
    let row = |held: &Held| {
        let (kind, number) = held.holder.parts();
        let what = match (&held.role, &held.act_for) {
            (Some(role), _) => role.clone(),
            (None, whom) => format!("act for {}", whom.as_deref().unwrap_or("-")),
        };
        vec![
            held.entitlement.to_string(),
            format!("{kind}:{number}"),
            held.holder_name.clone(),
            what,
            held.org.clone().unwrap_or_else(|| "every one".to_owned()),
            held.scope.clone(),
            if held.synced { "yes" } else { "-" }.to_owned(),
            until(held.declared_until),
            until(held.manual_until),
        ]
    };
    let rows = || all.iter().map(row).collect::<Vec<_>>();
    let heads = ["ID", "HOLDER", "NAME", "WHAT", "ORGANIZATION", "SCOPE", "BY RULES", "BY FILE", "BY HAND"];
    print(args, || table(&heads, &rows()), || json!({ "held": all.iter().map(value).collect::<Vec<_>>() }))?;
    Ok(Exit::Done)
}

fn value(held: &Held) -> Value {
    let (kind, number) = held.holder.parts();
    let parameters: Value = serde_json::from_str(&held.parameters).unwrap_or_default();
    json!({
        "id": held.entitlement, "holder": format!("{kind}:{number}"), "holder_name": held.holder_name, "org": held.org,
        "role": held.role, "act_for": held.act_for, "scope": held.scope, "parameters": parameters,
        "synced": held.synced, "declared_until": held.declared_until, "manual_until": held.manual_until,
    })
}
