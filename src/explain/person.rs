//! From what the database knows of somebody and what the configuration says, to why. No I/O.

use super::book::Book;
use super::claims::{HELD, SERVER_ADMIN, Tried, rank};
use super::history;
use super::lost::{Fate, lost, waiting};
use super::misses::misses;
use super::value::{Ended, Identity, Kind, Person, Place, Reach, Right, Suspension};
use super::ways::Ways;
use crate::store::{EntitlementView, GrantView, IdentityView, OrgListing, PersonView};
use rosterd_core::entitlements::is_delegation;
use rosterd_core::ids::Timestamp;

/// The rule name of what `on_no_match = "default"` gives.
pub(super) const ON_NO_MATCH: &str = "on_no_match";
/// The rule name of what the provider itself says.
pub(super) const DIRECT_ROLE: &str = "direct_role";

/// An identity with its provider's rules, if it is there and they are.
pub(super) struct Source<'a> {
    pub(super) identity: &'a IdentityView,
    pub(super) ways: Ways<'a>,
    pub(super) tried: Option<Tried<'a>>,
}

pub(crate) fn explain<'a>(view: &'a PersonView, book: &'a Book<'_>, orgs: &[OrgListing], now: Timestamp) -> Person {
    let sources: Vec<Source<'a>> = view
        .identities
        .iter()
        .map(|identity| {
            let ways = Ways::new(&identity.groups);
            let present = identity.gone_at.is_none();
            let tried = present.then(|| Tried::new(book, identity, &ways, orgs)).flatten();
            Source { identity, ways, tried }
        })
        .collect();
    let mut rights = rights(view, now);
    let mut not_applied = Vec::new();
    let mut not_given = Vec::new();
    for source in &sources {
        for grant in &source.identity.grants {
            given(view, book, source, grant, &mut rights);
        }
    }
    for source in &sources {
        let Some(tried) = &source.tried else { continue };
        for claim in &tried.claims {
            let Some((fate, reach)) = lost(view, book, source, tried, claim, &mut rights) else { continue };
            match fate {
                Fate::Waits => not_applied.push(reach),
                Fate::NotGiven => not_given.push(reach),
            }
        }
        not_applied.extend(waiting(source, tried, &rights));
    }
    for right in &mut rights {
        settle(right);
    }
    Person {
        number: view.id,
        login: view.login.clone(),
        name: view.name.clone(),
        email: view.email.clone(),
        state: view.state.clone(),
        suspensions: view
            .suspensions
            .iter()
            .map(|(by, reason, since)| Suspension { by: by.clone(), reason: reason.clone(), since: *since })
            .collect(),
        identities: sources.iter().map(|source| identity(view, book, source)).collect(),
        rights,
        ended: view.entitlements.iter().flat_map(|held| ended(held, now)).collect(),
        not_applied,
        not_given,
        not_matching: misses(book, &sources),
        history: view.history.iter().map(|record| history::event(record, &view.names)).collect(),
    }
}

fn identity(view: &PersonView, book: &Book<'_>, source: &Source<'_>) -> Identity {
    let known = source.identity;
    let tried = source.tried.as_ref();
    let by = book.recheck(&known.provider);
    let rechecked = view.rechecked(known, by);
    Identity {
        provider: known.provider.clone(),
        configured: book.of(&known.provider).is_some(),
        id: known.subject.clone(),
        dn: known.dn.clone(),
        login: known.login.clone(),
        observed_at: known.observed_at,
        gone_at: known.gone_at,
        renewed_at: known.renewal.map(|renewal| renewal.at),
        rechecked_by: rechecked.and(by).map(str::to_owned),
        rechecked_at: rechecked,
        lease_ends_at: known.lease_end(book.lease(&known.provider), rechecked),
        groups: known.direct.iter().filter_map(|id| source.ways.find(*id)).map(|group| group.name.clone()).collect(),
        claims: serde_json::from_str(&known.claims).unwrap_or_default(),
        direct_role: tried.and_then(Tried::direct),
        verdict: tried.and_then(Tried::verdict).map(str::to_owned),
    }
}

/// Everything somebody has, nobody's yet.
fn rights(view: &PersonView, now: Timestamp) -> Vec<Right> {
    let mut rights = Vec::new();
    let mut add = |place: Place, given: [Option<&str>; 3], idle: Option<String>| {
        let Some(role) = given.into_iter().flatten().max_by_key(|role| rank(place.kind, role)) else { return };
        let [synced_role, manual_role, declared_role] = given.map(|role| role.map(str::to_owned));
        rights.push(Right {
            place,
            role: role.to_owned(),
            synced_role,
            manual_role,
            declared_role,
            given_by: Vec::new(),
            lost: Vec::new(),
            kept: None,
            idle,
        });
    };
    let admin = |yes: bool| yes.then_some(SERVER_ADMIN);
    let at = |kind, org: Option<&str>, team: Option<&str>| Place {
        kind,
        org: org.map(str::to_owned),
        team: team.map(str::to_owned),
        entitlement: None,
    };
    add(at(Kind::ServerAdmin, None, None), [admin(view.synced_admin), admin(view.manual_admin), None], None);
    for org in &view.orgs {
        let name = Some(org.name.as_str());
        let given = [&org.synced_role, &org.manual_role, &org.declared_role].map(Option::as_deref);
        add(at(Kind::Org, name, None), given, None);
        for team in &org.teams {
            let given = [&team.synced_role, &team.manual_role, &team.declared_role].map(Option::as_deref);
            add(at(Kind::Team, name, Some(&team.name)), given, None);
        }
    }
    for held in &view.entitlements {
        let by = |yes: bool| yes.then_some(HELD);
        let counts = |until: Option<Timestamp>| by(until.is_some_and(|until| until > now));
        let given = [by(held.synced), counts(held.manual_until), counts(held.declared_until)];
        let outside = held.org.as_ref().filter(|org| !is_delegation(&held.what) && !member(view, org));
        let idle = outside.map(|org| format!("counts for nothing: {} is no member of {org}", view.login));
        add(place_of_held(held), given, idle);
    }
    rights
}

fn member(view: &PersonView, name: &str) -> bool {
    let orgs = view.orgs.iter().filter(|org| org.name == name);
    orgs.flat_map(|org| [&org.synced_role, &org.manual_role, &org.declared_role]).any(Option::is_some)
}

fn place_of_held(held: &EntitlementView) -> Place {
    let (kind, org) = (Kind::Entitlement, held.org.clone());
    Place { kind, org, team: None, entitlement: Some(held.what.clone()) }
}

/// By whom it was given until a moment that is over.
fn ended(held: &EntitlementView, now: Timestamp) -> Vec<Ended> {
    let by = [("manual", held.manual_until), ("declared", held.declared_until)];
    let over = by.into_iter().filter_map(|(by, until)| Some((by, until.filter(|until| *until <= now)?)));
    over.map(|(by, until)| Ended { place: place_of_held(held), by, until }).collect()
}

/// What a grant in the database is about. `None` for an organization or team that is not there.
fn place_of(view: &PersonView, grant: &GrantView) -> Option<Place> {
    if let Some(id) = grant.org_id {
        let org = view.orgs.iter().find(|org| org.id == id)?;
        return Some(Place { kind: Kind::Org, org: Some(org.name.clone()), team: None, entitlement: None });
    }
    if let Some(id) = grant.entitlement_id {
        let held = view.entitlements.iter().find(|held| held.id == id)?;
        return Some(place_of_held(held));
    }
    let Some(id) = grant.team_id else {
        return Some(Place { kind: Kind::ServerAdmin, org: None, team: None, entitlement: None });
    };
    let mut teams = view.orgs.iter().flat_map(|org| org.teams.iter().map(move |team| (org, team)));
    let (org, team) = teams.find(|(_, team)| team.id == id)?;
    let (org, team) = (Some(org.name.clone()), Some(team.name.clone()));
    Some(Place { kind: Kind::Team, org, team, entitlement: None })
}

/// What stands for the role of a right that has none.
fn without_role(grant: &GrantView) -> &'static str {
    if grant.entitlement_id.is_some() { HELD } else { SERVER_ADMIN }
}

/// Puts a grant beside the right that it carries.
fn given(view: &PersonView, book: &Book<'_>, source: &Source<'_>, grant: &GrantView, rights: &mut [Right]) {
    let Some(place) = place_of(view, grant) else { return };
    let Some(right) = rights.iter_mut().find(|right| right.place == place) else { return };
    let provider = &source.identity.provider;
    let group = grant.via.and_then(|via| source.ways.find(via));
    let mut path = grant.via.map(|via| source.ways.path(&source.identity.direct, via)).unwrap_or_default();
    if !path.is_empty() {
        path.insert(0, view.login.clone());
    }
    let note = match &source.tried {
        None if book.of(provider).is_none() => {
            Some(format!("provider {provider} is not configured any more; it stays until `rosterd retire {provider}`"))
        }
        _ if grant.rule == ON_NO_MATCH => Some(format!("on_no_match of provider {provider}: no rule matches")),
        _ if grant.rule == DIRECT_ROLE => Some(format!("provider {provider} says so itself")),
        None => None,
        Some(tried) => match tried.place_of(&grant.rule) {
            None => Some("the rule is not in the configuration any more; the next sync takes this back".to_owned()),
            Some(rule) if !tried.hits(rule) => Some(match tried.keeps(place.kind) {
                Some(why) => format!("the rule does not match any more; kept: {why}"),
                None => "the rule does not match any more; see `rosterd plan`".to_owned(),
            }),
            Some(rule) => {
                match tried.rules.rules.get(rule as usize).filter(|r| place.kind == Kind::Org && r.role.is_none()) {
                    Some(rule) if rule.team.is_some() => Some("comes with the team".to_owned()),
                    Some(_) => Some("comes with the role".to_owned()),
                    None => None,
                }
            }
        },
    };
    right.given_by.push(Reach {
        place,
        role: grant.role.clone().unwrap_or_else(|| without_role(grant).to_owned()),
        provider: provider.clone(),
        at: book.at(&grant.rule),
        rule: grant.rule.clone(),
        group: group.map(|group| group.name.clone()),
        group_dn: group.map(|group| group.dn.clone()),
        path,
        note,
    });
}

/// Among grants of several providers the highest role wins; a role that none of them gives is
/// somebody's whom nobody could replace.
fn settle(right: &mut Right) {
    let Some(synced) = right.synced_role.clone() else { return };
    let kind = right.place.kind;
    let all = std::mem::take(&mut right.given_by);
    let (won, less): (Vec<_>, Vec<_>) = all.into_iter().partition(|reach| reach.role == synced);
    let best = won.first().map(|reach| format!("less than {synced} by {} of {}", reach.rule, reach.provider));
    right.lost.splice(0..0, less.into_iter().map(|reach| Reach { note: best.clone().or(reach.note), ..reach }));
    right.given_by = won;
    if right.given_by.is_empty() {
        let admin = kind == Kind::ServerAdmin || synced == "Admin";
        right.kept = Some(match (admin, kind, &right.place.org) {
            (true, Kind::Org, Some(org)) => format!("no rule gives it any more; kept: the last Admin of {org}"),
            (true, Kind::ServerAdmin, _) => "no rule gives it any more; kept: the last server admin".to_owned(),
            _ => "nothing gives it; the next sync puts it right".to_owned(),
        });
    }
}
