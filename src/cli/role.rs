//! `rosterd role`: roles that people make, as the operator.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::grant::parameter;
use super::output::{print, table};
use crate::clock::{Clock as _, SystemClock};
use crate::store::{Access, Granting, Role, RoleChanged, RolePermission, RoleText, SeenRole, Store};
use clap::Subcommand;
use rosterd_core::access::{Parameters, Pattern, PatternError};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Subcommand)]
pub(crate) enum RoleCommand {
    /// All of them.
    List,
    /// Make one.
    Create {
        name: String,
        /// The organization's name. Default: a role of every organization.
        #[arg(long, value_name = "NAME")]
        org: Option<String>,
        #[command(flatten)]
        says: Says,
    },
    /// Make one say just this, instead of what it says.
    Set {
        /// Its number, as `list` prints it.
        id: i64,
        #[command(flatten)]
        says: Says,
    },
    /// Delete one that nobody holds.
    Delete {
        id: i64,
        /// Who does it. Default: the name of the user who types this.
        #[arg(long, env = "USER", default_value = "unknown")]
        by: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Says {
    /// What it allows: ACTION, or ACTION@SCOPE; without a scope, everything. May be given several times.
    #[arg(long, value_name = "ACTION@SCOPE")]
    allow: Vec<String>,
    /// What an application is to know with one of these: the same ACTION@SCOPE, a space, and NAME=VALUE up to the end. May
    /// be given several times.
    #[arg(long, value_name = "ACTION@SCOPE NAME=VALUE")]
    parameter: Vec<String>,
    /// How much of something: NAME=NUMBER. May be given several times.
    #[arg(long, value_name = "NAME=NUMBER")]
    limit: Vec<String>,
    /// Call it a bundle: a set with parameters.
    #[arg(long)]
    bundle: bool,
    #[arg(long, default_value = "", value_name = "TEXT")]
    title: String,
    #[arg(long, default_value = "", value_name = "TEXT")]
    description: String,
    /// Who does it. Default: the name of the user who types this.
    #[arg(long, env = "USER", default_value = "unknown")]
    by: String,
}

impl Says {
    fn text(&self) -> Result<RoleText, Failure> {
        let wrong = |message: String| Failure::new(Exit::Usage, message);
        let mut permissions = Vec::with_capacity(self.allow.len());
        for text in &self.allow {
            let (action, scope) = allowed(text).map_err(|why| wrong(format!("--allow {text}: {why}")))?;
            permissions.push(RolePermission { action, scope, parameters: Parameters::new() });
        }
        for text in &self.parameter {
            let shape = "ACTION@SCOPE, a space, a name, `=` and a value";
            let read = text.split_once(' ').and_then(|(of, rest)| Some((allowed(of).ok()?, parameter(rest)?)));
            let (of, (name, value)) = read.ok_or_else(|| wrong(format!("--parameter {text}: {shape}")))?;
            let named = permissions.iter_mut().find(|one| (&one.action, &one.scope) == (&of.0, &of.1));
            let named = named.ok_or_else(|| wrong(format!("--parameter {text}: no --allow names that")))?;
            named.parameters.insert(name, value);
        }
        permissions.sort_by(|a, b| (&a.action, &a.scope).cmp(&(&b.action, &b.scope)));
        let mut limits = BTreeMap::new();
        for text in &self.limit {
            let (name, value) = text.split_once('=').unwrap_or_default();
            let value = value.parse().ok().filter(|_| !name.is_empty());
            let value = value.ok_or_else(|| wrong(format!("--limit {text}: a name, `=` and a number")))?;
            limits.insert(name.to_owned(), value);
        }
        let kind = if self.bundle { "bundle" } else { "custom" }.to_owned();
        let (title, description) = (self.title.clone(), self.description.clone());
        Ok(RoleText { kind, title, description, permissions, limits })
    }
}

/// An action, and a scope if there is one.
fn allowed(text: &str) -> Result<(Pattern, Pattern), PatternError> {
    let (action, scope) = text.split_once('@').unwrap_or((text, "*"));
    Ok((Pattern::parse(action)?, Pattern::parse(scope)?))
}

pub(super) fn operator(by: &str) -> Granting {
    Granting { actor: by.to_owned(), acting_for: None }
}

pub(super) async fn run(args: &Args, what: &RoleCommand) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let now = SystemClock.now();
    let role = match what {
        RoleCommand::List => {
            let store = context::open(&loaded, Access::Read).await?;
            return list(args, &*store).await;
        }
        RoleCommand::Create { name, org, says } => {
            let text = says.text()?;
            let store = context::open_to_write(args, &loaded).await?;
            store.make_role(org.as_deref(), name, &text, &operator(&says.by), now).await?
        }
        RoleCommand::Set { id, says } => {
            let text = says.text()?;
            let store = context::open_to_write(args, &loaded).await?;
            let version = seen(&*store, *id).await?;
            came(*id, store.change_role(SeenRole { id: *id, version }, &text, &operator(&says.by), now).await?)?
        }
        RoleCommand::Delete { id, by } => {
            let store = context::open_to_write(args, &loaded).await?;
            let version = seen(&*store, *id).await?;
            came(*id, store.delete_role(SeenRole { id: *id, version }, &operator(by), now).await?)?
        }
    };
    print(args, || format!("role {} ({}), version {}\n", role.id, role.name, role.version), || value(&role))?;
    Ok(Exit::Done)
}

async fn seen(store: &dyn Store, id: i64) -> Result<i64, Failure> {
    Ok(store.role(id).await?.ok_or_else(|| none(id))?.version)
}

fn none(id: i64) -> Failure {
    Failure::failed(format!("there is no role {id}; see `rosterd role list`"))
}

fn came(id: i64, changed: RoleChanged) -> Result<Role, Failure> {
    match changed {
        RoleChanged::Done(role) => Ok(*role),
        RoleChanged::None => Err(none(id)),
        RoleChanged::Other(_) => Err(Failure::failed(format!("role {id} has just been changed by somebody else"))),
    }
}

const PAGE: u32 = 500;

async fn list(args: &Args, store: &dyn Store) -> Result<Exit, Failure> {
    let (mut roles, mut after) = (Vec::new(), 0);
    loop {
        let page = store.roles_after(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        roles.extend(page);
    }
    let row = |role: &Role| {
        let org = role.org.as_ref().map_or("every one", |(_, name)| name).to_owned();
        let allows = role.text.permissions.iter().map(|one| format!("{}@{}", one.action, one.scope));
        let (id, version) = (role.id.to_string(), role.version.to_string());
        let allows = allows.collect::<Vec<_>>().join(" ");
        vec![id, role.name.clone(), org, role.text.kind.clone(), role.origin.clone(), version, allows]
    };
    let rows = || roles.iter().map(row).collect::<Vec<_>>();
    print(
        args,
        || table(&["ROLE", "NAME", "ORGANIZATION", "KIND", "ORIGIN", "VERSION", "ALLOWS"], &rows()),
        || json!({ "roles": roles.iter().map(value).collect::<Vec<_>>() }),
    )?;
    Ok(Exit::Done)
}

fn value(role: &Role) -> Value {
    let allows = role.text.permissions.iter();
    let allows = allows.map(|one| json!({ "action": one.action, "scope": one.scope, "parameters": one.parameters }));
    json!({
        "id": role.id, "org": role.org.as_ref().map(|(_, name)| name), "name": role.name, "kind": role.text.kind,
        "title": role.text.title, "description": role.text.description, "origin": role.origin, "version": role.version,
        "permissions": allows.collect::<Vec<_>>(), "limits": role.text.limits,
    })
}
