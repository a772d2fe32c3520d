//! Audit records in words: their bodies hold numbers only, because nothing can be taken out of the
//! chain again.

use super::value::Event;
use crate::store::{AuditRecord, Names};
use serde_json::Value;
use std::collections::BTreeMap;

pub(super) fn event(record: &AuditRecord, names: &Names) -> Event {
    let body: Value = serde_json::from_str(&record.body).unwrap_or_default();
    let changes = match body.get("changes").and_then(Value::as_array) {
        Some(changes) => changes.iter().map(|change| words(change, &record.actor, names)).collect(),
        None => vec![record.body.clone()],
    };
    Event { seq: record.seq, at: record.at, actor: record.actor.clone(), run: record.run, changes }
}

/// One change; one of a kind that this program does not know as it was written.
fn words(change: &Value, actor: &str, names: &Names) -> String {
    let text = |at: usize| change.get(at).and_then(Value::as_str);
    let role = |subject: String| {
        let by = reason(change, 4, names);
        match (text(2), text(3)) {
            (None, Some(new)) => format!("{subject}: {new} given{by}"),
            (Some(old), None) => format!("{subject}: {old} taken away{by}"),
            (old, new) => format!("{subject}: {} → {}{by}", old.unwrap_or("-"), new.unwrap_or("-")),
        }
    };
    match text(0).unwrap_or_default() {
        "create_user" => "the account was made".to_owned(),
        "link_user" => format!("found to be the same person at provider {}", text(1).unwrap_or(actor)),
        "update_user" => format!("{} changed", text(1).unwrap_or("something")),
        "suspend_user" if text(1) == Some("gone") => format!("suspended: gone from provider {actor}"),
        "suspend_user" if text(1) == Some("lease") => {
            format!("suspended: the lease of provider {actor} ended, no login renewed it")
        }
        "suspend_user" => format!("suspended: no rule of provider {actor} matches"),
        "resume_user" => "active again".to_owned(),
        "archive_user" => "archived".to_owned(),
        "server_admin" => {
            let given = change.get(1).and_then(Value::as_bool) == Some(true);
            format!("server admin: {}{}", if given { "given" } else { "taken away" }, reason(change, 2, names))
        }
        "entitlement" => {
            let given = change.get(2).and_then(Value::as_bool) == Some(true);
            let what = named(change.get(1), &names.entitlements, "entitlement");
            format!("{what}: {}{}", if given { "given" } else { "taken away" }, reason(change, 3, names))
        }
        "org_role" => role(named(change.get(1), &names.orgs, "organization")),
        "team_role" => role(named(change.get(1), &names.teams, "team")),
        "by_hand" => {
            let forced = if text(2).is_some() { ", by force" } else { "" };
            format!("by hand: {}{forced}", text(1).unwrap_or("something"))
        }
        "kind" => format!("is a {} account now", text(1).unwrap_or("other").replace('_', "-")),
        "break_glass_login" => format!("logged in at provider {}", text(1).unwrap_or(actor)),
        "create_service_account" => {
            let org = named(change.get(1), &names.orgs, "organization");
            format!("the service account was made: {} of {org}", text(2).unwrap_or("member"))
        }
        "create_service_token" => format!("token {} was made", text(1).unwrap_or_default()),
        "rotate_service_token" => {
            format!("token {} takes the place of {}", text(2).unwrap_or_default(), text(1).unwrap_or_default())
        }
        "give_entitlement" => format!("entitlement {} was given by hand", change.get(1).cloned().unwrap_or_default()),
        "take_entitlement" => {
            format!("entitlement {} was taken back by hand", change.get(1).cloned().unwrap_or_default())
        }
        "revoke_service_token" => format!("token {} was revoked", text(1).unwrap_or_default()),
        _ => change.to_string(),
    }
}

/// The rule at `at` and the group after it, where there are any.
fn reason(change: &Value, at: usize, names: &Names) -> String {
    let present = |at: usize| change.get(at).filter(|value| !value.is_null());
    let rule = present(at).map(|rule| format!(" by {}", named(Some(rule), &names.rules, "rule")));
    let group = present(at + 1).map(|group| format!(" through {}", named(Some(group), &names.groups, "group")));
    rule.unwrap_or_default() + &group.unwrap_or_default()
}

fn named(number: Option<&Value>, names: &BTreeMap<i64, String>, what: &str) -> String {
    let number = number.and_then(Value::as_i64).unwrap_or_default();
    names.get(&number).cloned().unwrap_or_else(|| format!("{what} {number}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_become_names_where_there_are_any() {
        let name = |text: &str| BTreeMap::from([(1, text.to_owned())]);
        let names = Names {
            orgs: name("Acme"),
            teams: name("Acme / web"),
            rules: name("all"),
            groups: name("staff"),
            entitlements: name("Acme: x"),
        };
        let say = |change: Value| words(&change, "corp", &names);
        assert_eq!(say(json!(["org_role", 1, null, "Viewer", 1, 1])), "Acme: Viewer given by all through staff");
        assert_eq!(say(json!(["org_role", 2, "Admin", "Viewer", 9, null])), "organization 2: Admin → Viewer by rule 9");
        assert_eq!(say(json!(["team_role", 1, "member", null, null, null])), "Acme / web: member taken away");
        assert_eq!(say(json!(["server_admin", true, 1, 1])), "server admin: given by all through staff");
        assert_eq!(say(json!(["entitlement", 1, false, null, null])), "Acme: x: taken away");
        assert_eq!(say(json!(["suspend_user", "gone"])), "suspended: gone from provider corp");
        let ended = "suspended: the lease of provider corp ended, no login renewed it";
        assert_eq!(say(json!(["suspend_user", "lease"])), ended);
        assert_eq!(say(json!(["of_later", 1])), r#"["of_later",1]"#);
    }
}
