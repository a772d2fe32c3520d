//! States drawn by chance, and how they are put into a database beside each other: each has ids of its own.

use super::model::{Entitlement, FOR_EVER, Held, Holder, Role, State, Texts, User};

const HOUR: i64 = 3_600_000;

/// Numbers that follow from a seed (splitmix64).
#[derive(Debug)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub(super) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn word(&mut self, all: &[&'static str]) -> &'static str {
        all[self.below(all.len())]
    }

    pub(super) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

const ACTIONS: [&str; 6] = ["*", "d:*", "d:r", "d:w", "d", "x:r"];
const SCOPES: [&str; 8] = ["*", "f:*", "f:a*", "f:a", "f:ab", "f:b", "g:*", "g:a"];
pub(super) const ASKED_ACTIONS: [&str; 6] = ["d:r", "d:w", "x:r", "d:*", "d", "y"];
pub(super) const ASKED_SCOPES: [&str; 7] = ["f:a", "f:ab", "f:b", "g:a", "f:*", "*", "f:"];

fn texts(dice: &mut Dice) -> Texts {
    let mut all = Texts::new();
    for _ in 0..dice.below(3) {
        let (name, value) = (dice.pick(&["p", "q"]), dice.pick(&["1", "2", "3", "O'Brien"]));
        all.insert((*name).to_owned(), (*value).to_owned());
    }
    all
}

/// When something ends: long ago, an hour ago, in an hour, never.
fn end(dice: &mut Dice, now: i64) -> Option<i64> {
    *dice.pick(&[None, Some(1), Some(now - HOUR), Some(now + HOUR), Some(FOR_EVER), Some(FOR_EVER)])
}

/// Something of what applications count.
fn limit(dice: &mut Dice) -> (&'static str, i64) {
    (dice.word(&["m", "n"]), dice.below(4) as i64)
}

/// A state whose ids all lie within a hundred from `base` on. `basic`: what the roles allow that everybody has in common.
pub(super) fn state(dice: &mut Dice, (base, now): (i64, i64), basic: &[Role]) -> State {
    let mut state = State { roles: basic.to_vec(), ..State::default() };
    let users = 1 + dice.below(4) as i64;
    for n in 0..users {
        state.users.push(User {
            id: base + n,
            state: dice.word(&["active", "active", "active", "active", "suspended", "archived"]),
            kind: dice.word(&["person", "person", "service", "break_glass"]),
            server_admin: [dice.one_in(12), dice.one_in(12)],
        });
        if dice.one_in(4) {
            let (name, value) = limit(dice);
            state.limits.extend(
                [(base + n, name, false, value), (base + n, name, true, value + 1)].into_iter().take(2 - dice.below(2)),
            );
        }
    }
    let orgs = 1 + dice.below(3) as i64;
    state.orgs = (0..orgs).map(|n| base + n).collect();
    for org in state.orgs.clone() {
        for user in 0..users {
            if !dice.one_in(4) {
                let role =
                    |dice: &mut Dice| *dice.pick(&[None, Some("None"), Some("Viewer"), Some("Editor"), Some("Admin")]);
                let owners = [role(dice), role(dice), role(dice)];
                if owners.iter().any(Option::is_some) {
                    state.members.push((org, base + user, owners));
                }
            }
        }
    }
    for n in 0..dice.below(3) as i64 {
        let team = base + n;
        state.teams.push((team, *dice.pick(&state.orgs)));
        for user in 0..users {
            if dice.one_in(2) {
                let role = |dice: &mut Dice| *dice.pick(&[None, Some("member"), Some("admin")]);
                let owners = [role(dice), role(dice), role(dice)];
                if owners.iter().any(Option::is_some) {
                    state.in_teams.push((team, base + user, owners));
                }
            }
        }
    }
    for n in 0..dice.below(3) as i64 {
        let org = dice.one_in(3).then(|| *dice.pick(&state.orgs));
        let limits = if dice.one_in(3) { vec![limit(dice)] } else { Vec::new() };
        let mut role = Role { id: base + n, org, permissions: Vec::new(), limits };
        for _ in 0..1 + dice.below(3) {
            let (action, scope) = ((*dice.pick(&ACTIONS)).to_owned(), (*dice.pick(&SCOPES)).to_owned());
            if !role.permissions.iter().any(|(a, s, _)| *a == action && *s == scope) {
                role.permissions.push((action, scope, texts(dice)));
            }
        }
        state.roles.push(role);
    }
    let own_roles: Vec<i64> = state.roles.iter().map(|role| role.id).filter(|id| *id >= base).collect();
    for n in 0..dice.below(5) as i64 {
        let delegation = own_roles.is_empty() || dice.one_in(3);
        let what = Entitlement {
            id: base + n,
            org: (!dice.one_in(3)).then(|| *dice.pick(&state.orgs)),
            role: (!delegation).then(|| *dice.pick(&own_roles)),
            for_user: delegation.then(|| base + dice.below(users as usize) as i64),
            scope: (*dice.pick(&SCOPES)).to_owned(),
            parameters: texts(dice),
        };
        // What is the same is one row.
        let same = |e: &Entitlement| {
            (e.org, e.role, e.for_user, &e.scope, &e.parameters)
                == (what.org, what.role, what.for_user, &what.scope, &what.parameters)
        };
        if !state.entitlements.iter().any(same) {
            state.entitlements.push(what);
        }
    }
    for what in state.entitlements.clone() {
        for _ in 0..dice.below(3) {
            let by = match dice.below(4) {
                0 if !state.teams.is_empty() => Holder::Team(dice.pick(&state.teams).0),
                1 => Holder::Org(*dice.pick(&state.orgs)),
                _ => Holder::User(base + dice.below(users as usize) as i64),
            };
            let synced = matches!(by, Holder::User(_)) && dice.one_in(3);
            let (declared, manual) = (end(dice, now), end(dice, now));
            let known = state.held.iter().any(|held| held.by == by && held.entitlement == what.id);
            if (synced || declared.is_some() || manual.is_some()) && !known {
                state.held.push(Held { entitlement: what.id, by, synced, declared, manual });
            }
        }
    }
    state
}

fn json(texts: &Texts) -> String {
    serde_json::to_string(texts).unwrap().replace('\'', "''")
}

fn or_null<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| value.to_string())
}

fn quoted(value: Option<&str>) -> String {
    value.map_or_else(|| "NULL".to_owned(), |value| format!("'{value}'"))
}

/// What the roles allow that everybody has in common, as statements.
pub(super) fn permissions(roles: &[Role]) -> String {
    let mut rows = Vec::new();
    for role in roles {
        for (action, scope, texts) in &role.permissions {
            rows.push(format!("({}, '{action}', '{scope}', '{}')", role.id, json(texts)));
        }
    }
    insert("role_permissions (role_id, action, scope, parameters)", &rows)
}

fn insert(into: &str, rows: &[String]) -> String {
    if rows.is_empty() { String::new() } else { format!("INSERT INTO {into} VALUES {};\n", rows.join(", ")) }
}

/// Statements that make these states, for both databases.
pub(super) fn statements(states: &[State]) -> String {
    let mut out = String::new();
    let mut add = |into: &str, rows: Vec<String>| out.push_str(&insert(into, &rows));
    let each = |of: &dyn Fn(&State) -> Vec<String>| states.iter().flat_map(of).collect::<Vec<_>>();
    add(
        "users (id, login, name, email, state, kind, synced_admin, manual_admin, created_at, updated_at)",
        each(&|s| {
            let row = |u: &User| {
                let [rules, hand] = u.server_admin.map(i64::from);
                format!("({id}, 'u{id}', '', '', '{}', '{}', {rules}, {hand}, 1, 1)", u.state, u.kind, id = u.id)
            };
            s.users.iter().map(row).collect()
        }),
    );
    add("orgs (id, name, created_at)", each(&|s| s.orgs.iter().map(|o| format!("({o}, 'o{o}', 1)")).collect()));
    add(
        "org_members (org_id, user_id, synced_role, manual_role, declared_role)",
        each(&|s| {
            let row = |(org, user, [a, b, c]): &(i64, i64, [Option<&str>; 3])| {
                format!("({org}, {user}, {}, {}, {})", quoted(*a), quoted(*b), quoted(*c))
            };
            s.members.iter().map(row).collect()
        }),
    );
    add(
        "teams (id, org_id, name, created_at)",
        each(&|s| s.teams.iter().map(|(team, org)| format!("({team}, {org}, 't{team}', 1)")).collect()),
    );
    add(
        "team_members (team_id, user_id, synced_role, manual_role, declared_role)",
        each(&|s| {
            let row = |(team, user, [a, b, c]): &(i64, i64, [Option<&str>; 3])| {
                format!("({team}, {user}, {}, {}, {})", quoted(*a), quoted(*b), quoted(*c))
            };
            s.in_teams.iter().map(row).collect()
        }),
    );
    add(
        "roles (id, org_id, name, kind, title, description, origin, version, updated_at)",
        each(&|s| {
            let own = s.roles.iter().filter(|role| role.id > 5);
            own.map(|r| format!("({id}, {}, 'r{id}', 'custom', '', '', 'file', 1, 1)", or_null(r.org), id = r.id))
                .collect()
        }),
    );
    let own: Vec<Role> =
        states.iter().flat_map(|state| state.roles.iter().filter(|role| role.id > 5).cloned()).collect();
    out.push_str(&permissions(&own));
    let mut add = |into: &str, rows: Vec<String>| out.push_str(&insert(into, &rows));
    add(
        "role_limits (role_id, name, value)",
        own.iter()
            .flat_map(|r| r.limits.iter().map(|(name, value)| format!("({}, '{name}', {value})", r.id)))
            .collect(),
    );
    add(
        "user_limits (user_id, name, origin, value)",
        each(&|s| {
            let row = |(user, name, by_hand, value): &(i64, &str, bool, i64)| {
                format!("({user}, '{name}', '{}', {value})", if *by_hand { "manual" } else { "file" })
            };
            s.limits.iter().map(row).collect()
        }),
    );
    add(
        "entitlements (id, org_id, role_id, for_user_id, scope, parameters)",
        each(&|s| {
            let row = |e: &Entitlement| {
                let (org, role, other) = (or_null(e.org), or_null(e.role), or_null(e.for_user));
                format!("({}, {org}, {role}, {other}, '{}', '{}')", e.id, e.scope, json(&e.parameters))
            };
            s.entitlements.iter().map(row).collect()
        }),
    );
    add(
        "user_entitlements (entitlement_id, user_id, synced, declared_until, manual_until)",
        each(&|s| {
            let row = |h: &Held| match h.by {
                Holder::User(id) => Some(format!(
                    "({}, {id}, {}, {}, {})",
                    h.entitlement,
                    i64::from(h.synced),
                    or_null(h.declared),
                    or_null(h.manual)
                )),
                _ => None,
            };
            s.held.iter().filter_map(row).collect()
        }),
    );
    for (table, column) in [("team_entitlements", "team_id"), ("org_entitlements", "org_id")] {
        add(
            &format!("{table} (entitlement_id, {column}, declared_until, manual_until)"),
            each(&|s| {
                let row = |h: &Held| match (h.by, column) {
                    (Holder::Team(id), "team_id") | (Holder::Org(id), "org_id") => {
                        Some(format!("({}, {id}, {}, {})", h.entitlement, or_null(h.declared), or_null(h.manual)))
                    }
                    _ => None,
                };
                s.held.iter().filter_map(row).collect()
            }),
        );
    }
    out
}
