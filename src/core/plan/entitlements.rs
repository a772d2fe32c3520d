//! From the roles that rules name, and the people they let somebody act for, to entitlements that exist, or will.

use super::draft::Draft;
use super::targets::Targets;
use super::{Change, Reason};
use crate::entitlements::{EntitlementRow, HolderRow, What};
use crate::ids::{EntitlementId, Maybe, OrgId, RoleId, UserId};
use crate::lifecycle;
use crate::mapping::{About, EntitlementName, Slots};
use crate::observed::{Grant, Right, Scope};
use std::collections::HashMap;

/// What is there, by what tells it from all others. Made when the first rule asks.
#[derive(Default)]
pub(super) struct Entitlements {
    slots: HashMap<u32, Option<EntitlementId>>,
    known: HashMap<What, EntitlementId>,
    /// By name and organization, each with whether it was made by hand; basic ones are left out.
    roles: HashMap<(String, Maybe<OrgId>), (RoleId, bool)>,
    people: HashMap<String, UserId>,
    read: bool,
}

impl Entitlements {
    fn read(&mut self, draft: &Draft<'_>) {
        if std::mem::replace(&mut self.read, true) {
            return;
        }
        let observed = &draft.observed;
        let texts = &observed.texts;
        self.known = observed.entitlements.iter().map(|row| (row.what(texts), row.id)).collect();
        let roles = observed.roles.iter().filter(|role| !role.basic);
        self.roles = roles.map(|role| ((texts.get(role.name).to_owned(), role.org), (role.id, role.by_hand))).collect();
        self.people = match observed.scope {
            Scope::Provider => observed.users.iter().map(|user| (texts.get(user.login).to_owned(), user.id)).collect(),
            Scope::People => {
                observed.principals.iter().map(|(login, user)| (texts.get(*login).to_owned(), *user)).collect()
            }
        };
        // Who is there first. Of those who are new only whoever will have the login: logins are settled later.
        let letters = &draft.snapshot.texts;
        for user in &draft.books.new_users {
            let login = letters.get(user.login);
            if !lifecycle::reserved(login) && !draft.policy.break_glass.contains(login) {
                self.people.entry(login.to_owned()).or_insert(user.id);
            }
        }
    }

    /// The organization's own that a file made, else the one of every organization. One that was made by hand in the
    /// organization comes last: whoever may make roles there would decide what rules give.
    fn role(&self, name: &str, org: Maybe<OrgId>) -> Option<RoleId> {
        let get = |org| self.roles.get(&(name.to_owned(), org)).copied();
        let own = get(org);
        let declared = own.filter(|(_, by_hand)| !by_hand);
        declared.or_else(|| get(Maybe::default())).or(own).map(|(role, _)| role)
    }
}

impl Targets {
    /// What a slot of the mapping stands for. `None`: a role, a person or an organization of that name does not exist.
    pub(super) fn entitlement(&mut self, draft: &mut Draft<'_>, slots: &Slots, slot: u32) -> Option<EntitlementId> {
        if let Some(known) = self.entitlements.slots.get(&slot) {
            return *known;
        }
        self.entitlements.read(draft);
        let wanted = slots.entitlements.get(slot as usize)?;
        let org = match wanted.org {
            None => Some(Maybe::default()),
            Some(org) => self.org(draft, slots, org).map(Maybe::from),
        };
        let entitlement = org.and_then(|org| self.find(draft, wanted, org));
        self.entitlements.slots.insert(slot, entitlement);
        entitlement
    }

    fn find(&mut self, draft: &mut Draft<'_>, wanted: &EntitlementName, org: Maybe<OrgId>) -> Option<EntitlementId> {
        let all = &mut self.entitlements;
        let (mut role, mut for_user) = (Maybe::default(), Maybe::default());
        match &wanted.about {
            About::Role(name) => {
                let Some(found) = all.role(name, org) else {
                    draft.note(format!("there is no role {name:?} that rules could give: declare it, or make it"));
                    return None;
                };
                role = Maybe::from(found);
            }
            About::Person(login) => {
                let Some(found) = all.people.get(login) else {
                    draft.note(format!(
                        "there is nobody with the login {login:?} to act for, or not for a login to find"
                    ));
                    return None;
                };
                for_user = Maybe::from(*found);
            }
        }
        let (scope, parameters) = (wanted.scope.clone(), wanted.parameters.clone());
        let what = What { org, role, for_user, scope, parameters };
        if let Some(known) = all.known.get(&what) {
            return Some(*known);
        }
        draft.next.entitlement += 1;
        let id = EntitlementId(draft.next.entitlement);
        let scope = draft.snapshot.texts.push(&what.scope);
        let parameters = draft.snapshot.texts.push(&what.parameters);
        draft.books.new_entitlements.insert(id, EntitlementRow { id, org, role, for_user, scope, parameters });
        all.known.insert(what, id);
        Some(id)
    }
}

fn is_there(draft: &Draft<'_>, entitlement: EntitlementId) -> bool {
    draft.books.new_entitlements.contains_key(&entitlement)
        || draft.observed.entitlements.binary_search_by_key(&entitlement, |row| row.id).is_ok()
}

/// Adds what changes of what somebody holds by rules.
pub(super) fn changes(draft: &mut Draft<'_>, user: UserId, wanted: &[Grant], rows: &[HolderRow]) {
    let mut rows = rows.iter().filter(|row| row.synced).map(|row| row.entitlement).peekable();
    let gone = |entitlement| Change::Entitlement { user, entitlement, give: false, reason: Reason::default() };
    for grant in wanted {
        let Right::Entitlement(entitlement) = grant.right else { continue };
        // Whom it let act for has been purged since that was written.
        if !is_there(draft, entitlement) {
            continue;
        }
        while let Some(before) = rows.next_if(|row| *row < entitlement) {
            draft.changes.push(gone(before));
        }
        if rows.next_if_eq(&entitlement).is_none() {
            let reason = Reason { rule: grant.rule.into(), via: grant.via };
            draft.changes.push(Change::Entitlement { user, entitlement, give: true, reason });
        }
    }
    draft.changes.extend(rows.map(gone));
}
