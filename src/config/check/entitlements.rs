//! What a rule gives besides memberships: names of roles, scopes, and keys that go together.

use super::Report;
use crate::config::Code;
use crate::config::tree::Node;
use crate::config::words::quoted;
use rosterd_core::mapping::check_scope;
use rosterd_core::provision::check_role;

/// Whether it gives roles, or lets act for somebody; and what of that cannot be used.
pub(super) fn check(rule: &Node, report: &mut Report<'_>) -> bool {
    let (roles, act_for) = (rule.entry("roles"), rule.entry("act_for"));
    if let Some(roles) = roles.filter(|roles| roles.node.items().is_empty()) {
        report.say(&roles.node.origin, Code::EmptyValue, "`roles` names none", "name a role, or remove it");
    }
    for (node, name) in roles.iter().flat_map(|roles| roles.node.texts()) {
        if name.starts_with("basic:") {
            let help = "give the role of that name in the organization with `role`, or `server_admin = true`";
            report.say(&node.origin, Code::BadRole, format!("{} is given by memberships alone", quoted(name)), help);
        } else if !name.contains('$')
            && let Err(why) = check_role(name)
        {
            report.say(&node.origin, Code::BadRole, format!("{}: the name of a role {why}", quoted(name)), "");
        }
    }
    report.not_empty(rule, "act_for");
    if let Some((scope, text)) = rule.get("scope").and_then(|scope| Some((scope, scope.text()?)))
        && let Err(why) = check_scope(text)
    {
        report.say(
            &scope.origin,
            Code::BadScope,
            format!("{} is no scope: {why}", quoted(text)),
            "such as \"folders:emea\"",
        );
    }
    let any = roles.is_some() || act_for.is_some();
    for key in ["scope", "parameters"] {
        if let (Some(entry), false) = (rule.entry(key), any) {
            let message = format!("`{key}` needs `roles` or `act_for`");
            report.say(&entry.key_origin, Code::RolesMissing, message, "say what it narrows, or remove it");
        }
    }
    any
}
