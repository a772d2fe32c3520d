//! `rosterd holds`: see what a limit stopped, and decide.

use super::args::{Args, Holds};
use super::context;
use super::exit::{Exit, Failure};
use super::output::{in_short, moment, print, table, write_out};
use crate::clock::{Clock as _, SystemClock};
use crate::store::{Access, Hold, HoldDecision};
use serde_json::{Value, json};

pub(super) async fn run(args: &Args, what: &Holds) -> Result<Exit, Failure> {
    match what {
        Holds::List => list(args).await,
        Holds::Show { id } => show(args, *id).await,
        Holds::Approve { id, plan, by } => decide(args, *id, Some(plan), by).await,
        Holds::Reject { id, by } => decide(args, *id, None, by).await,
    }
}

async fn list(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let holds = store.holds(SystemClock.now()).await?;
    let rows = || -> Vec<Vec<String>> {
        holds
            .iter()
            .map(|hold| {
                vec![
                    hold.id.to_string(),
                    hold.provider.clone(),
                    hold.state.name().to_owned(),
                    moment(Some(hold.created_at)),
                    moment(Some(hold.expires_at)),
                    in_short(&hold.reasons),
                ]
            })
            .collect()
    };
    print(
        args,
        || table(&["HOLD", "PROVIDER", "STATE", "SINCE", "EXPIRES", "WHY"], &rows()),
        || json!({ "holds": holds.iter().map(|hold| value(hold, false)).collect::<Vec<_>>() }),
    )?;
    Ok(Exit::Done)
}

async fn show(args: &Args, id: i64) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let hold = find(store.holds(SystemClock.now()).await?, id)?;
    let text = || {
        let mut out = format!(
            "hold {} of provider {}: {}, since {}, until {}\n",
            hold.id,
            hold.provider,
            hold.state.name(),
            moment(Some(hold.created_at)),
            moment(Some(hold.expires_at))
        );
        for reason in &hold.reasons {
            out.push_str(&format!("  over a limit: {reason}\n"));
        }
        let plan: Value = serde_json::from_str(&hold.plan).unwrap_or_default();
        for change in plan.get("changes").and_then(Value::as_array).into_iter().flatten() {
            out.push_str(&change_line(change));
        }
        out.push_str(&format!(
            "\nto allow exactly this:\n  rosterd holds approve {} --plan {}\n",
            hold.id, hold.plan_hash
        ));
        out
    };
    print(args, text, || value(&hold, true))?;
    Ok(Exit::Done)
}

/// A change of a kept plan on one line: its effect, its kind, then every other field as it is.
fn change_line(change: &Value) -> String {
    let text = |key: &str| change.get(key).and_then(Value::as_str).unwrap_or_default();
    let sign = match text("effect") {
        "add" => '+',
        "remove" => '-',
        _ => '~',
    };
    let fields = change.as_object().into_iter().flatten();
    let details: Vec<String> = fields
        .filter(|(key, value)| !matches!(key.as_str(), "effect" | "kind") && !value.is_null())
        .map(|(key, value)| value.as_str().map_or_else(|| format!("{key}={value}"), |text| format!("{key}={text}")))
        .collect();
    format!("  {sign} {:12}  {}\n", text("kind"), details.join("  "))
}

async fn decide(args: &Args, id: i64, hash: Option<&str>, by: &str) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let now = SystemClock.now();
    let plan_hash = match hash {
        Some(hash) => hash.to_owned(),
        None => find(store.holds(now).await?, id)?.plan_hash,
    };
    let decision = HoldDecision { id, plan_hash, approve: hash.is_some(), by: by.to_owned() };
    let hold = store.decide(&decision, now).await?;
    let next = if decision.approve { "; the next sync applies it" } else { "" };
    write_out(&format!("hold {} of provider {} is {}{next}\n", hold.id, hold.provider, hold.state.name()))?;
    Ok(Exit::Done)
}

fn find(holds: Vec<Hold>, id: i64) -> Result<Hold, Failure> {
    let found = holds.into_iter().find(|hold| hold.id == id);
    found.ok_or_else(|| Failure::failed(format!("there is no hold {id}; see `rosterd holds list`")))
}

fn value(hold: &Hold, with_plan: bool) -> Value {
    let mut value = json!({
        "id": hold.id, "provider": hold.provider, "state": hold.state.name(), "plan_hash": hold.plan_hash,
        "reasons": hold.reasons, "created_at": hold.created_at, "expires_at": hold.expires_at,
        "decided_at": hold.decided_at, "decided_by": hold.decided_by,
    });
    if with_plan {
        value["plan"] = serde_json::from_str(&hold.plan).unwrap_or(Value::Null);
    }
    value
}
