//! A small company as writes, and what a store should read back, as lines to compare.

use rosterd_core::ids::{
    GroupId, IdentityId, Maybe, OrgId, ProviderId, ReadingNumber, RuleId, TeamId, Timestamp, UserId,
};
use rosterd_core::observed::{Grant, Observed, RemovalClass, Right, UserState};
use rosterd_core::plan::Change;
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::text::Text;
use rosterd_core::writes::{
    GroupWrite, IdentityWrite, NewTeam, OrgMemberWrite, OrgWrite, RemovalWrite, RunRow, Span, SuspensionWrite,
    TeamMemberWrite, Trigger, UserWrite, Writes,
};

/// When the first apply happens.
pub(crate) const NOW: Timestamp = Timestamp(1_000_000);

/// A text that every format has to escape.
pub(crate) const AWKWARD: &str = "Zoë\t\"O'Neil\\N\"\r\nx\u{7f}";

/// What the provider said of the person 1 besides names and groups.
pub(crate) const CLAIMS: &str = r#"{"attributes":{"title":["Tab\\t\\\\ \\"O'Neil\\" \\u0000é"]}}"#;

/// Empty writes of the provider `corp` (1).
pub(crate) fn empty(generation: i64) -> Writes {
    Writes {
        generation,
        reading: ReadingNumber(1),
        observed_at: NOW,
        provider: Some(ProviderId(1)),
        run: Some(RunRow {
            trigger: Trigger::Command,
            started_at: Timestamp(5),
            complete: true,
            added: 1,
            changed: 2,
            removed: 3,
            withheld: 4,
        }),
        ..Writes::default()
    }
}

pub(crate) fn org(w: &mut Writes, id: u32, key: &str, name: &str) -> OrgWrite {
    OrgWrite { id: OrgId(id), name: w.texts.push(name), key: w.texts.push(key) }
}

pub(crate) fn user(w: &mut Writes, id: u32, login: &str, state: UserState) -> UserWrite {
    let (login, name, email) =
        (w.texts.push(login), w.texts.push(AWKWARD), w.texts.push(&format!("{login}@Example.org")));
    UserWrite { id: UserId(id), login, name, email, state, synced_admin: id == 1 }
}

fn span<T>(list: &mut Vec<T>, items: impl IntoIterator<Item = T>) -> Span {
    let start = list.len() as u32;
    list.extend(items);
    Span { start, end: list.len() as u32 }
}

pub(crate) fn identity(w: &mut Writes, id: u32, groups: &[u32], grants: &[Grant]) -> IdentityWrite {
    let text = |w: &mut Writes, what: &str| -> Text { w.texts.push(&format!("{what}{id}")) };
    IdentityWrite {
        id: IdentityId(id),
        subject: text(w, "subject"),
        user: UserId(id),
        dn: text(w, "dn="),
        login: text(w, "login"),
        name: text(w, "Name "),
        email: text(w, "mail"),
        claims: if id == 1 { w.texts.push(CLAIMS) } else { Text::EMPTY },
        groups: span(&mut w.group_lists, groups.iter().map(|g| GroupId(*g))),
        grants: span(&mut w.grants, grants.iter().copied()),
        digest: i64::MIN + i64::from(id),
        grants_digest: i64::MAX - i64::from(id),
        gone: false,
        new: true,
    }
}

pub(crate) fn group(w: &mut Writes, id: u32, parents: &[u32]) -> GroupWrite {
    GroupWrite {
        id: GroupId(id),
        subject: w.texts.push(&format!("g{id}")),
        dn: w.texts.push(&format!("cn=Group {id},dc=x")),
        name: w.texts.push(&format!("Group {id}")),
        parents: span(&mut w.group_lists, parents.iter().map(|g| GroupId(*g))),
        gone_at: None,
    }
}

pub(crate) fn org_member(org: u32, user: u32, role: Option<OrgRole>, exists: bool) -> OrgMemberWrite {
    OrgMemberWrite { org: OrgId(org), user: UserId(user), role, exists }
}

pub(crate) fn team_member(team: u32, user: u32, role: Option<TeamRole>, exists: bool) -> TeamMemberWrite {
    TeamMemberWrite { team: TeamId(team), user: UserId(user), role, exists }
}

/// The first apply: two organizations, three people, two teams, three groups (3 in 2 in 1).
pub(crate) fn company() -> Writes {
    let mut w = empty(0);
    w.new_provider = Some((ProviderId(1), w.texts.push("corp")));
    w.new_rules = vec![(RuleId(1), w.texts.push("engineers")), (RuleId(2), w.texts.push("everybody"))];
    w.new_orgs = vec![org(&mut w, 1, "", "Platform"), org(&mut w, 2, "s-2", "Sales")];
    let (sre, ops) = (w.texts.push("sre"), w.texts.push(AWKWARD));
    w.new_teams = vec![
        NewTeam { id: TeamId(1), org: OrgId(1), name: sre, named_after: Some(GroupId(3)) },
        NewTeam { id: TeamId(2), org: OrgId(2), name: ops, named_after: None },
    ];
    for (id, login) in [(1, "ana"), (2, "bob"), (3, "cy")] {
        let new = user(&mut w, id, login, if id == 3 { UserState::Suspended } else { UserState::Active });
        w.new_users.push(new);
    }
    let (origin, reason) = (w.texts.push("corp"), w.texts.push("gone from provider corp"));
    w.suspend = vec![SuspensionWrite { user: UserId(3), origin, reason, since: Timestamp(77) }];
    w.org_members = vec![
        org_member(1, 1, Some(OrgRole::Admin), false),
        org_member(1, 2, Some(OrgRole::Viewer), false),
        org_member(2, 1, Some(OrgRole::None), false),
    ];
    w.team_members = vec![
        team_member(1, 1, Some(TeamRole::Admin), false),
        team_member(1, 2, Some(TeamRole::Member), false),
        team_member(2, 1, Some(TeamRole::Member), false),
    ];
    for (id, parents) in [(1, vec![]), (2, vec![1]), (3, vec![1, 2])] {
        let new = group(&mut w, id, &parents);
        w.groups.push(new);
    }
    let org = Grant { right: Right::Org(OrgId(1), OrgRole::Admin), rule: RuleId(1), via: GroupId(1).into() };
    let team = Grant { right: Right::Team(TeamId(1), TeamRole::Admin), rule: RuleId(1), via: GroupId(3).into() };
    let admin = Grant { right: Right::ServerAdmin, rule: RuleId(2), via: Maybe::default() };
    for (id, groups, grants) in [(1, vec![1, 3], vec![org, team, admin]), (2, vec![13], vec![]), (3, vec![], vec![])] {
        let new = identity(&mut w, id, &groups, &grants);
        w.identities.push(new);
    }
    w.identities[2].gone = true;
    w.removals = vec![
        RemovalWrite { class: RemovalClass::Memberships, org: Some(OrgId(2)), removed: 5, approved: false },
        RemovalWrite { class: RemovalClass::Memberships, org: Some(OrgId(2)), removed: 50, approved: true },
        RemovalWrite { class: RemovalClass::Users, org: None, removed: 2, approved: false },
    ];
    w.changes = vec![Change::CreateTeam { team: TeamId(2) }, Change::CreateUser { user: UserId(1) }];
    w
}

/// Rows that [`company`] writes.
pub(crate) const COMPANY_ROWS: u64 = 1 + 2 + 2 + 2 + 3 + 1 + 3 + 3 + 3 + 3 + 3 + 2 + 1 + 1;

/// Everything a store observed, a line a row, in the order it gave them.
pub(crate) fn lines(o: &Observed) -> Vec<String> {
    let t = |text| format!("{:?}", o.texts.get(text));
    let mut out = vec![format!("generation {} provider {:?}", o.generation, o.provider)];
    out.extend(o.orgs.iter().map(|r| format!("org {} {} {}", r.id, t(r.name), t(r.key))));
    out.extend(o.teams.iter().map(|r| format!("team {} in {} {} {:?}", r.id, r.org, t(r.name), r.named_after)));
    out.extend(o.users.iter().map(|r| {
        let names = (t(r.login), t(r.name), t(r.email));
        format!("user {} {:?} {names:?} {} {}", r.id, r.state, r.synced_admin, r.manual_admin)
    }));
    out.extend(o.org_members.iter().map(|r| format!("org member {r:?}")));
    out.extend(o.team_members.iter().map(|r| format!("team member {r:?}")));
    out.extend(o.identities.iter().map(|r| {
        let texts = (t(r.subject), t(r.login), t(r.name), t(r.email));
        let (digests, gone) = ((r.digest, r.grants_digest), r.gone_at);
        format!("identity {} of {} {texts:?} {:?} {digests:?} {gone:?}", r.id, r.user, r.groups)
    }));
    out.extend(
        o.groups.iter().map(|r| {
            format!("group {} {} {} {} {:?} {:?}", r.id, t(r.subject), t(r.dn), t(r.name), r.parents, r.gone_at)
        }),
    );
    out.extend(o.suspensions.iter().map(|r| format!("suspended {} by {} {:?}", r.user, t(r.origin), r.since)));
    out.extend(o.other_identities.iter().map(|r| {
        let texts = (t(r.provider), t(r.login), t(r.name), t(r.email));
        format!("elsewhere {} {texts:?} {}", r.user, r.gone)
    }));
    out.extend(o.other_grants.iter().map(|(user, grant)| format!("elsewhere {user} {grant:?}")));
    out.extend(o.rules.iter().map(|(id, name)| format!("rule {id} {}", t(*name))));
    out.extend(o.recent_removals.iter().map(|r| format!("removed {r:?}")));
    out.push(format!("{:?}", o.last));
    out
}
