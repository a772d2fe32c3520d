//! What somebody has now, as an application reads it: what a login is answered with.

use super::look::{PEOPLE, list};
use super::session::{Param, Row, Session, id, word};
use super::{Sight, StoreError};
use rosterd_core::ids::{OrgId, TeamId, UserId};
use rosterd_core::observed::{IdentityRow, UserState};
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::snapshot::PersonKey;
use rosterd_core::text::Text;
use std::collections::BTreeMap;

/// A person as the tables say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonNow {
    pub id: UserId,
    /// The provider's immutable id.
    pub subject: String,
    pub login: String,
    pub name: String,
    pub email: String,
    pub state: UserState,
    pub server_admin: bool,
    /// By name.
    pub orgs: Vec<OrgNow>,
    /// By organization and name.
    pub teams: Vec<TeamNow>,
    /// Names of the provider's groups that they are in directly, ascending.
    pub groups: Vec<String>,
}

impl PersonNow {
    /// Brings the lists into their order.
    fn sort(&mut self) {
        self.orgs.sort_by(|a, b| a.name.cmp(&b.name));
        self.teams.sort_by(|a, b| (&a.org, &a.name).cmp(&(&b.org, &b.name)));
        self.groups.sort();
    }

    /// As commands and answers to logins show it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let orgs: Vec<serde_json::Value> = self
            .orgs
            .iter()
            .map(|org| serde_json::json!({ "id": org.id.0, "name": org.name, "role": org.role.name() }))
            .collect();
        let teams: Vec<serde_json::Value> = self
            .teams
            .iter()
            .map(|t| serde_json::json!({ "id": t.id.0, "org": t.org, "name": t.name, "role": t.role.name() }))
            .collect();
        serde_json::json!({
            "id": self.id.0, "subject": self.subject, "login": self.login, "name": self.name, "email": self.email,
            "state": self.state.name(), "server_admin": self.server_admin, "orgs": orgs, "teams": teams,
            "groups": self.groups,
        })
    }
}

/// A membership of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgNow {
    pub id: OrgId,
    pub name: String,
    pub role: OrgRole,
}

/// A membership of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamNow {
    pub id: TeamId,
    /// The organization's name.
    pub org: String,
    pub name: String,
    pub role: TeamRole,
}

macro_rules! identity {
    ($condition:literal) => {
        concat!(
            "SELECT i.subject FROM providers p JOIN identities i ON i.provider_id = p.id
             WHERE p.name = $1 AND ",
            $condition,
            " LIMIT 2"
        )
    };
}

/// See [`super::Store::person_now`].
pub(super) async fn find(
    db: &mut dyn Session,
    provider: &str,
    key: &PersonKey,
) -> Result<Option<PersonNow>, StoreError> {
    // The first of each pair uses an index, and finds nearly everybody.
    let (ways, value): (&[&'static str], String) = match key {
        PersonKey::Subject(subject) => (&[identity!("i.subject = $2")], subject.clone()),
        PersonKey::Login(login) => (
            &[
                identity!("i.login = $2 AND i.user_id IN (SELECT id FROM users WHERE login = $2)"),
                identity!("i.login = $2 AND i.gone_at IS NULL"),
            ],
            login.clone(),
        ),
        PersonKey::Email(email) => (
            &[
                identity!("i.email = $2 AND i.user_id IN (SELECT id FROM users WHERE email = $2)"),
                identity!("lower(i.email) = lower($2) AND i.gone_at IS NULL"),
            ],
            email.clone(),
        ),
        PersonKey::Dn(dn) => (&[identity!("i.dn = $2 AND i.gone_at IS NULL")], dn.clone()),
    };
    for sql in ways {
        let rows = db.rows(sql, &[Param::Text(Some(provider)), Param::Text(Some(&value))]).await?;
        if let [row] = rows.as_slice() {
            return Ok(several(db, provider, &[row.text(0)?]).await?.pop().flatten());
        }
    }
    Ok(None)
}

/// The same of several, by their immutable ids, in that order: one statement, however many.
pub(super) async fn several(
    db: &mut dyn Session,
    provider: &str,
    subjects: &[String],
) -> Result<Vec<Option<PersonNow>>, StoreError> {
    if subjects.is_empty() {
        return Ok(Vec::new());
    }
    let of = list(subjects);
    let rows = db.rows(PEOPLE.of(db.dialect()), &[Param::Text(Some(provider)), Param::Text(Some(&of))]).await?;
    answered(rows, subjects)
}

/// The same out of what [`PEOPLE`] answered.
pub(super) fn answered(mut rows: Vec<Row>, subjects: &[String]) -> Result<Vec<Option<PersonNow>>, StoreError> {
    let mut found: BTreeMap<String, PersonNow> = BTreeMap::new();
    // People before what they have.
    rows.sort_by_key(|row| row.int(0).unwrap_or(i64::MAX));
    for row in rows {
        let subject = row.text(1)?;
        match (row.int(0)?, found.get_mut(&subject)) {
            (0, _) => drop(found.insert(subject, person(&row)?)),
            (1, Some(person)) => person.orgs.push(OrgNow {
                id: id("orgs.id", row.int(2)?)?,
                name: row.text(3)?,
                role: word("org_members.role", &row.text(4)?, OrgRole::parse)?,
            }),
            (2, Some(person)) => person.teams.push(TeamNow {
                id: id("teams.id", row.int(2)?)?,
                name: row.text(3)?,
                role: word("team_members.role", &row.text(4)?, TeamRole::parse)?,
                org: row.text(5)?,
            }),
            (_, Some(person)) => person.groups.push(row.text(3)?),
            // Of nobody: a foreign key rules that out.
            (_, None) => {}
        }
    }
    found.values_mut().for_each(PersonNow::sort);
    Ok(subjects.iter().map(|subject| found.get(subject).cloned()).collect())
}

/// The same out of what was read for a look: what they have if nothing is written.
pub(super) fn in_sight(sight: &Sight, subjects: &[String]) -> Vec<Option<PersonNow>> {
    if subjects.is_empty() {
        // Everybody is in sight, and nobody waits for an answer.
        return Vec::new();
    }
    let o = &sight.observed;
    let text = |text: Text| o.texts.get(text).to_owned();
    let identities: BTreeMap<&str, &IdentityRow> =
        o.identities.iter().map(|identity| (o.texts.get(identity.subject), identity)).collect();
    let org = |id: OrgId| o.orgs.binary_search_by_key(&id, |org| org.id).ok().and_then(|at| o.orgs.get(at));
    let one = |subject: &String| {
        let identity = identities.get(subject.as_str())?;
        let at = o.users.binary_search_by_key(&identity.user, |user| user.id).ok()?;
        let user = o.users.get(at)?;
        let orgs = o.org_members.iter().filter(|member| member.user == user.id).filter_map(|member| {
            let role = member.synced.max(member.manual)?;
            Some(OrgNow { id: member.org, name: text(org(member.org)?.name), role })
        });
        let teams = o.team_members.iter().filter(|member| member.user == user.id).filter_map(|member| {
            let at = o.teams.binary_search_by_key(&member.team, |team| team.id).ok()?;
            let (team, role) = (o.teams.get(at)?, member.synced.max(member.manual)?);
            Some(TeamNow { id: team.id, org: text(org(team.org)?.name), name: text(team.name), role })
        });
        let groups = identity.groups.iter().filter_map(|group| {
            let at = o.groups.binary_search_by_key(group, |row| row.id).ok()?;
            Some(text(o.groups.get(at)?.name))
        });
        let mut person = PersonNow {
            id: user.id,
            subject: subject.clone(),
            login: text(user.login),
            name: text(user.name),
            email: text(user.email),
            state: user.state,
            server_admin: user.synced_admin || user.manual_admin,
            orgs: orgs.collect(),
            teams: teams.collect(),
            groups: groups.collect(),
        };
        person.sort();
        Some(person)
    };
    subjects.iter().map(one).collect()
}

fn person(row: &Row) -> Result<PersonNow, StoreError> {
    Ok(PersonNow {
        id: id("users.id", row.int(2)?)?,
        subject: row.text(1)?,
        login: row.text(3)?,
        name: row.text(4)?,
        email: row.text(5)?,
        state: word("users.state", &row.text(6)?, UserState::parse)?,
        server_admin: row.int(7)? == 1,
        orgs: Vec::new(),
        teams: Vec::new(),
        groups: Vec::new(),
    })
}
