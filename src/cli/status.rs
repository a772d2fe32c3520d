//! `rosterd status`: what the database holds, the last runs, what waits for a decision.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::{in_short, moment, note, print, table};
use crate::clock::{Clock as _, SystemClock};
use crate::store::{Access, HoldState};
use serde_json::json;

const RUNS_SHOWN: u32 = 10;

pub(super) async fn run(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let counts = store.counts().await?;
    let runs = store.runs(RUNS_SHOWN).await?;
    let now = SystemClock.now();
    let pending: Vec<_> = store.holds(now).await?.into_iter().filter(|hold| hold.state == HoldState::Pending).collect();
    let break_glass = store.break_glass(&loaded.config.accounts.break_glass).await?;
    let warnings: Vec<String> = break_glass.iter().filter_map(crate::store::BreakGlass::warning).collect();
    for warning in &warnings {
        note(args, &format!("warning: {warning}"));
    }
    let text = || {
        let mut out = format!(
            "{} active people, {} suspended, {} archived; {} service accounts; {} organizations with {} members, {} teams with {} members; {} audit records\n\n",
            counts.users_active,
            counts.users_suspended,
            counts.users_archived,
            counts.service_accounts,
            counts.orgs,
            counts.org_members,
            counts.teams,
            counts.team_members,
            counts.audit_records
        );
        let rows: Vec<Vec<String>> = counts
            .providers
            .iter()
            .map(|(name, people, groups, at)| {
                let configured = if loaded.config.providers.contains_key(name) {
                    "yes"
                } else {
                    "no: nothing is taken back until `rosterd retire`"
                };
                vec![name.clone(), people.to_string(), groups.to_string(), moment(*at), configured.to_owned()]
            })
            .collect();
        out.push_str(&table(&["PROVIDER", "PEOPLE", "GROUPS", "LAST CHANGE", "CONFIGURED"], &rows));
        if !runs.is_empty() {
            out.push('\n');
            let rows: Vec<Vec<String>> = runs
                .iter()
                .map(|run| {
                    vec![
                        run.id.to_string(),
                        run.provider.clone(),
                        moment(Some(run.finished_at)),
                        run.trigger.clone(),
                        if run.complete { "complete" } else { "incomplete" }.to_owned(),
                        format!("+{} ~{} -{}", run.added, run.changed, run.removed),
                        run.withheld.to_string(),
                    ]
                })
                .collect();
            out.push_str(&table(&["RUN", "PROVIDER", "FINISHED", "TRIGGER", "READ", "CHANGES", "WITHHELD"], &rows));
        }
        for hold in &pending {
            out.push_str(&format!(
                "\nhold {} of {} waits until {}: {}\n",
                hold.id,
                hold.provider,
                moment(Some(hold.expires_at)),
                in_short(&hold.reasons)
            ));
        }
        out
    };
    print(args, text, || {
        json!({
            "users": { "active": counts.users_active, "suspended": counts.users_suspended, "archived": counts.users_archived },
            "service_accounts": counts.service_accounts, "warnings": warnings,
            "orgs": counts.orgs, "teams": counts.teams,
            "org_members": counts.org_members, "team_members": counts.team_members,
            "audit_records": counts.audit_records,
            "providers": counts.providers.iter().map(|(name, people, groups, at)| json!({
                "name": name, "people": people, "groups": groups, "last_change": at,
                "configured": loaded.config.providers.contains_key(name) })).collect::<Vec<_>>(),
            "runs": runs.iter().map(|run| json!({
                "id": run.id, "provider": run.provider, "trigger": run.trigger, "started_at": run.started_at,
                "finished_at": run.finished_at, "complete": run.complete, "added": run.added,
                "changed": run.changed, "removed": run.removed, "withheld": run.withheld })).collect::<Vec<_>>(),
            "holds_pending": pending.iter().map(|hold| json!({
                "id": hold.id, "provider": hold.provider, "plan_hash": hold.plan_hash,
                "reasons": hold.reasons, "expires_at": hold.expires_at })).collect::<Vec<_>>(),
        })
    })?;
    Ok(if args.deny_warnings && !warnings.is_empty() { Exit::Warnings } else { Exit::Done })
}
