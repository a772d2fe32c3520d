//! From roles as they are written, one made from others, to what each allows in the end.

use super::declared::{At, Role};
use super::twice::Meant;
use crate::access::{Nearest, Parameters, Pattern};
use std::collections::{BTreeMap, BTreeSet};

/// What a role allows: parameters by action and scope.
pub type Permissions = BTreeMap<(Pattern, Pattern), Parameters>;

/// Finds what a role allows that no file declares and that was made by hand, by its organization's name and its own.
pub(super) type Elsewhere<'a> = &'a dyn Fn(Option<&str>, &str) -> Option<Permissions>;

/// Where a role has its permissions from.
enum Source {
    /// Another one of these roles.
    Declared(usize),
    Elsewhere(Permissions),
    /// Nothing can be said without the database.
    Unknown,
}

/// What each of these roles allows, in their order. `elsewhere` is absent where the database is not at hand: then
/// what no file declares is taken for nothing.
pub(super) fn flatten(
    roles: &[At<Role>],
    meant: Meant<'_>,
    elsewhere: Option<Elsewhere<'_>>,
    problems: &mut Vec<String>,
) -> Vec<Permissions> {
    let org = |role: &At<Role>| role.what.name.org.as_deref().map(|org| meant.org(org));
    let by_name: ByName<'_> =
        roles.iter().zip(0..).map(|(role, at)| ((org(role), role.what.name.name.as_str()), at)).collect();
    let sources: Vec<Vec<Source>> =
        roles.iter().zip(0..).map(|(role, at)| sources(role, (org(role), at), &by_name, elsewhere, problems)).collect();
    let mut flat: Vec<Option<Permissions>> = vec![None; roles.len()];
    let mut waiting: BTreeSet<usize> = (0..roles.len()).collect();
    // Each time round at least one is done, or those that are left wait for each other.
    let mut after: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut missing: Vec<usize> = vec![0; roles.len()];
    for (at, sources) in sources.iter().enumerate() {
        for source in sources {
            if let Source::Declared(from) = source {
                after.entry(*from).or_default().push(at);
                if let Some(count) = missing.get_mut(at) {
                    *count += 1;
                }
            }
        }
    }
    let mut ready: Vec<usize> = waiting.iter().copied().filter(|at| missing.get(*at) == Some(&0)).collect();
    while let Some(at) = ready.pop() {
        waiting.remove(&at);
        if let (Some(role), Some(sources)) = (roles.get(at), sources.get(at)) {
            let made = one(role, sources, &flat, problems);
            if let Some(place) = flat.get_mut(at) {
                *place = Some(made);
            }
        }
        for next in after.get(&at).into_iter().flatten() {
            if let Some(count) = missing.get_mut(*next) {
                *count -= 1;
                if *count == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    for role in waiting.iter().filter_map(|at| roles.get(*at)) {
        problems.push(format!("{}: the role `{}` is made from itself, by way of `from`", role.at, role.what.name.name));
    }
    flat.into_iter().map(Option::unwrap_or_default).collect()
}

/// Places among the declared roles, by organization and name.
type ByName<'a> = BTreeMap<(Option<String>, &'a str), usize>;

fn sources(
    role: &At<Role>,
    (meant, own): (Option<String>, usize),
    by_name: &ByName<'_>,
    elsewhere: Option<Elsewhere<'_>>,
    problems: &mut Vec<String>,
) -> Vec<Source> {
    let mut found = Vec::new();
    for from in &role.what.from {
        let name = from.what.as_str();
        // What files declare comes first: the organization's own before one of every organization; and a role of an
        // organization may add to the role of that name of every one. Then what was made by hand: the organization's
        // own last, because it is made by whoever may do so there.
        let org = role.what.name.org.as_deref();
        let declared = [meant.clone(), None].into_iter().find_map(|place| {
            let at = by_name.get(&(place, name))?;
            (*at != own || org.is_none()).then_some(Source::Declared(*at))
        });
        let by_hand = || {
            let find = elsewhere?;
            let own = || org.and_then(|org| find(Some(org), name));
            find(None, name).or_else(own).map(Source::Elsewhere)
        };
        let source = declared.or_else(by_hand);
        match source {
            Some(source) => found.push(source),
            None if elsewhere.is_none() => found.push(Source::Unknown),
            None => problems.push(format!("{}: there is no role `{name}` to be made from", from.at)),
        }
    }
    found
}

fn one(role: &At<Role>, sources: &[Source], flat: &[Option<Permissions>], problems: &mut Vec<String>) -> Permissions {
    let mut near: BTreeMap<(Pattern, Pattern), Nearest> = BTreeMap::new();
    for source in sources {
        let from = match source {
            Source::Declared(at) => flat.get(*at).and_then(Option::as_ref),
            Source::Elsewhere(permissions) => Some(permissions),
            Source::Unknown => None,
        };
        for (what, parameters) in from.into_iter().flatten() {
            near.entry(what.clone()).or_default().add(1, parameters.clone());
        }
    }
    for absent in &role.what.absent {
        let (action, scope) = &absent.what;
        near.retain(|(a, s), _| !(action.covers(a) && scope.covers(s)));
    }
    let mut own: BTreeSet<(&Pattern, &Pattern)> = BTreeSet::new();
    for permission in &role.what.permissions {
        let (action, scope) = (&permission.what.action, &permission.what.scope);
        if !own.insert((action, scope)) {
            problems.push(format!("{}: `{action}` on `{scope}` is there twice", permission.at));
        }
        // What a role says itself is nearer than what it is made from.
        let known = near.entry((action.clone(), scope.clone())).or_default();
        known.add(0, permission.what.parameters.clone());
    }
    let all: Permissions = near.into_iter().map(|(what, nearest)| (what, nearest.finish())).collect();
    for absent in &role.what.absent {
        let (action, scope) = &absent.what;
        if let Some((a, s)) = all.keys().find(|(a, s)| action.meet(a).is_some() && scope.meet(s).is_some()) {
            problems.push(format!(
                "{}: `{action}` on `{scope}` cannot be absent, because `{a}` on `{s}` still gives it",
                absent.at
            ));
        }
    }
    all
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test says what it expected")]
mod tests {
    use super::super::declared::{Permission, Place, RoleName};
    use super::super::observed::Name;
    use super::*;

    fn at<T>(what: T) -> At<T> {
        At { what, at: Place::new("r.toml:1") }
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn role(
        org: Option<&str>,
        name: &str,
        from: &[&str],
        permissions: &[(&str, &str)],
        absent: &[(&str, &str)],
    ) -> At<Role> {
        let permission = |(action, scope): &(&str, &str)| {
            at(Permission { action: pattern(action), scope: pattern(scope), parameters: Parameters::new() })
        };
        at(Role {
            name: RoleName { org: org.map(str::to_owned), name: name.to_owned() },
            bundle: false,
            adopt: false,
            title: String::new(),
            description: String::new(),
            from: from.iter().map(|from| at((*from).to_owned())).collect(),
            permissions: permissions.iter().map(permission).collect(),
            absent: absent.iter().map(|(action, scope)| at((pattern(action), pattern(scope)))).collect(),
            limits: BTreeMap::new(),
        })
    }

    fn flat(roles: &[At<Role>]) -> (Vec<Vec<String>>, Vec<String>) {
        let mut problems = Vec::new();
        let none = |_: Option<&str>, _: &str| None;
        let flat = flatten(roles, Meant(&BTreeMap::new()), Some(&none), &mut problems);
        let shown = |permissions: &Permissions| permissions.keys().map(|(a, s)| format!("{a} {s}")).collect();
        (flat.iter().map(shown).collect(), problems)
    }

    #[test]
    fn a_role_has_what_the_roles_have_that_it_is_made_from() {
        let roles = [
            role(None, "c", &["b"], &[("c", "*")], &[]),
            role(None, "b", &["a"], &[("b", "*")], &[]),
            role(None, "a", &[], &[("a", "*")], &[]),
        ];
        let (flat, problems) = flat(&roles);
        assert_eq!(flat, [vec!["a *", "b *", "c *"], vec!["a *", "b *"], vec!["a *"]]);
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn one_that_is_made_from_itself_is_refused() {
        let roles =
            [role(None, "a", &["b"], &[], &[]), role(None, "b", &["a"], &[], &[]), role(None, "c", &["c"], &[], &[])];
        assert_eq!(flat(&roles).1.len(), 3);
        // An organization's role may add to the one of that name of every organization.
        let roles = [role(Some("Acme"), "a", &["a"], &[("x", "*")], &[]), role(None, "a", &[], &[("y", "*")], &[])];
        assert_eq!(flat(&roles), (vec![vec!["x *".to_owned(), "y *".to_owned()], vec!["y *".to_owned()]], vec![]));
    }

    #[test]
    fn what_is_absent_is_taken_out_with_all_in_it_and_nothing_may_still_give_it() {
        let base = role(None, "a", &[], &[("alerts:delete", "folders:x"), ("alerts:read", "*")], &[]);
        let without = role(None, "b", &["a"], &[], &[("alerts:delete", "*")]);
        assert_eq!(flat(&[base.clone(), without]).0[1], ["alerts:read *"]);
        for (own, absent) in [
            (("alerts:*", "*"), ("alerts:delete", "*")),
            (("alerts:delete", "*"), ("alerts:delete", "folders:*")),
            (("alerts:delete", "folders:x"), ("alerts:*", "*")),
        ] {
            let still = role(None, "b", &["a"], &[own], &[absent]);
            let problems = flat(&[base.clone(), still]).1;
            assert!(problems.len() == 1 && problems[0].contains("still gives it"), "{problems:?}");
        }
    }

    #[test]
    fn a_role_that_is_not_there_is_refused_unless_nobody_looks() {
        let roles = [role(None, "a", &["gone"], &[("x", "*")], &[])];
        assert_eq!(flat(&roles).1, ["r.toml:1: there is no role `gone` to be made from"]);
        let mut problems = Vec::new();
        assert_eq!(flatten(&roles, Meant(&BTreeMap::new()), None, &mut problems)[0].len(), 1);
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn what_files_declare_comes_before_what_was_made_by_hand() {
        let by_hand = |org: Option<&str>, name: &str| {
            let action = if org.is_some() { "own" } else { "all" };
            (name == "a").then(|| [((pattern(action), pattern("*")), Parameters::new())].into())
        };
        let allows = |roles: &[At<Role>]| {
            let flat = flatten(roles, Meant(&BTreeMap::new()), Some(&by_hand), &mut Vec::new());
            flat[0].keys().map(|(action, _)| action.to_string()).collect::<Vec<_>>()
        };
        let made = role(Some("Acme"), "b", &["a"], &[], &[]);
        assert_eq!(allows(std::slice::from_ref(&made)), ["all"]);
        assert_eq!(allows(&[made.clone(), role(None, "a", &[], &[("declared", "*")], &[])]), ["declared"]);
        let own = role(Some("Acme"), "a", &[], &[("own-declared", "*")], &[]);
        assert_eq!(allows(&[made, own, role(None, "a", &[], &[("declared", "*")], &[])]), ["own-declared"]);
    }

    #[test]
    fn an_organization_is_the_same_by_its_key_and_by_its_name() {
        let names = ["platform", "Platform"].map(|name| (Name::Org(name.to_owned()), 3)).into();
        let roles =
            [role(Some("platform"), "b", &["a"], &[], &[]), role(Some("Platform"), "a", &[], &[("x", "*")], &[])];
        let none = |_: Option<&str>, _: &str| None;
        let mut problems = Vec::new();
        assert_eq!(flatten(&roles, Meant(&names), Some(&none), &mut problems)[0].len(), 1);
        assert_eq!(problems, [""; 0]);
    }
}
