//! Whether somebody may do something, and why.

use crate::cli::args::{Args, Permission};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::print;
use crate::explain::{self, permission};
use crate::store::{Named, Question, Store};
use rosterd_core::access::Pattern;
use rosterd_core::ids::Timestamp;
use std::fmt::Write as _;

pub(super) async fn run(args: &Args, asked: &Permission, store: &dyn Store, now: Timestamp) -> Result<Exit, Failure> {
    let question = question(asked)?;
    let Some(why) = store.why(question.clone(), now).await? else {
        return Err(Failure::failed(
            "nobody has that login or #number. Logins count with their case; `rosterd explain user` finds people by \
             e-mail address too",
        ));
    };
    let said = permission(&question, &why);
    let value = serde_json::to_value(&said)
        .map_err(|error| Failure::failed(format!("the explanation cannot be written: {error}")))?;
    print(args, || text(&said), || value)?;
    Ok(Exit::Done)
}

fn question(asked: &Permission) -> Result<Question, Failure> {
    let pattern = |what: &str, text: &str| {
        let read = Pattern::parse(text).map(String::from);
        read.map_err(|why| Failure::new(Exit::Usage, format!("{what} {text:?} {why}")))
    };
    Ok(Question {
        who: Named::parse(&asked.login),
        acting_for: asked.acting_for.as_deref().map(Named::parse),
        org: asked.org.as_deref().map(Named::parse),
        action: pattern("the action", &asked.action)?,
        scope: asked.scope.as_deref().map(|scope| pattern("the scope", scope)).transpose()?,
    })
}

/// Writing to a String cannot fail, which is why results of `writeln!` are dropped here.
fn text(said: &explain::Permission) -> String {
    let mut out = format!("{} (#{})", said.login, said.number);
    if let Some(other) = &said.acting_for {
        let _ = write!(out, ", acting for {other},");
    }
    let _ = write!(out, " {} {}", if said.allowed { "may" } else { "may not" }, said.action);
    if let Some(scope) = &said.scope {
        let _ = write!(out, " to {scope}");
    }
    out.push('\n');
    for giver in &said.acting_for_by {
        let _ = writeln!(out, "  let act by {}", giver.trim_start_matches("by "));
    }
    for way in &said.ways {
        let place = way.org.as_ref().map_or_else(|| "in every organization".to_owned(), |org| format!("in {org}"));
        let _ = write!(out, "  by the role {} {place}: {} to {}", way.role, way.action, way.scope);
        match way.source.as_str() {
            "basic" => out.push_str(", as a member"),
            "server_admin" => out.push_str(", as a server admin"),
            "org" => out.push_str(", as everybody there"),
            _ => {}
        }
        if let Some(team) = &way.team {
            let _ = write!(out, ", through the team {team}");
        }
        if let Some(entitlement) = way.entitlement {
            let _ = write!(out, ", entitlement {entitlement}");
        }
        if let Some(from) = &way.from_login {
            let _ = write!(out, ", standing in for {from}");
        }
        out.push('\n');
        for giver in &way.given_by {
            let _ = writeln!(out, "    given by {}", giver.trim_start_matches("by "));
        }
        for giver in &way.stands_in_by {
            let _ = writeln!(out, "    let stand in by {}", giver.trim_start_matches("by "));
        }
        for (name, value) in way.role_parameters.iter().chain(&way.parameters) {
            let _ = writeln!(out, "    {name} = {value:?}");
        }
    }
    for reason in &said.why_not {
        let _ = writeln!(out, "  {reason}");
    }
    out
}
