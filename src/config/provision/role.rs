//! `[[roles]]`.

use super::{at, keys};
use crate::config::source::Source;
use crate::config::table::Table;
use crate::config::tree::Node;
use rosterd_core::access::Pattern;
use rosterd_core::provision::{At, BASIC, Declared, Permission, Role, RoleKind, RoleName, check_role};

pub(super) fn role(node: &Node, source: &Source, declared: &mut Declared, errors: &mut Vec<String>) {
    let mut table = Table::new(node, source, "a role", errors);
    table.only(keys::ROLE);
    let name = table.text("name").map(str::to_owned);
    let org = table.opt_text("org").map(str::to_owned);
    let (bundle, adopt) = (table.truth("bundle").unwrap_or(false), table.truth("adopt").unwrap_or(false));
    let title = table.opt_text("title").map(str::to_owned);
    let description = table.opt_text("description").map(str::to_owned);
    let from: Vec<At<String>> =
        table.texts("from").into_iter().map(|(node, text)| at(text.to_owned(), node, source)).collect();
    let limits = table.named_numbers("limits");
    if let Some(name) = &name {
        named(&mut table, node, name, (org.is_some(), bundle, title.is_some() || description.is_some()));
    }
    let (mut permissions, mut absent) = (Vec::new(), Vec::new());
    for item in table.list("permissions") {
        match permission(item, source, table.errors) {
            Some((permission, false)) => permissions.push(at(permission, item, source)),
            Some((permission, true)) => absent.push(at((permission.action, permission.scope), item, source)),
            None => {}
        }
    }
    let Some(name) = name else { return };
    let title = title.unwrap_or_else(|| name.clone());
    let (name, description) = (RoleName { org, name }, description.unwrap_or_default());
    let role = Role { name, bundle, adopt, title, description, from, permissions, absent, limits };
    declared.roles.push(at(role, node, source));
}

/// What goes with a name: an organization, `bundle`, a title or description.
fn named(table: &mut Table<'_, '_>, node: &Node, name: &str, (org, bundle, titled): (bool, bool, bool)) {
    if let Err(why) = check_role(name) {
        return table.refuse(node, format!("the name of a role {why}"));
    }
    match RoleKind::of(name, false) {
        RoleKind::Basic if name == "basic:none" => table.refuse(node, "`basic:none` allows nothing ever".to_owned()),
        RoleKind::Basic if !BASIC.contains(&name) => {
            table.refuse(node, format!("`basic:` begins the names of {} only", BASIC.join(", ")));
        }
        RoleKind::Basic if org => {
            table.refuse(node, format!("`{name}` is the same in every organization: leave `org` away"));
        }
        RoleKind::Basic if bundle || titled => {
            table.refuse(
                node,
                format!("`{name}` has its title and its kind: leave `title`, `description` and `bundle` away"),
            );
        }
        RoleKind::Fixed if bundle => table.refuse(node, "what begins with `fixed:` is no bundle".to_owned()),
        _ => {}
    }
}

/// Also whether it is absent.
fn permission(node: &Node, source: &Source, errors: &mut Vec<String>) -> Option<(Permission, bool)> {
    let mut table = Table::new(node, source, "a permission", errors);
    table.only(keys::PERMISSION);
    let action = table.text("action").map(str::to_owned);
    let scope = table.text("scope").map(str::to_owned);
    let absent = table.truth("absent").unwrap_or(false);
    let parameters = table.named_texts("parameters");
    if absent && !parameters.is_empty() {
        table.refuse(node, "what is absent has no `parameters`".to_owned());
    }
    let action = pattern(&mut table, node, "action", action?.as_str());
    let scope = pattern(&mut table, node, "scope", scope?.as_str());
    Some((Permission { action: action?, scope: scope?, parameters }, absent))
}

pub(super) fn pattern(table: &mut Table<'_, '_>, node: &Node, key: &str, text: &str) -> Option<Pattern> {
    match Pattern::parse(text) {
        Ok(pattern) => Some(pattern),
        Err(why) => {
            table.refuse(node, format!("`{key}` {why}"));
            None
        }
    }
}
