//! What somebody has now, as an application reads it: what a login is answered with.

use super::StoreError;
use super::look::GROUP_NAMES;
use super::session::{Param, Row, Session, id, word};
use rosterd_core::ids::{OrgId, TeamId, UserId};
use rosterd_core::observed::UserState;
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::snapshot::PersonKey;

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
            "SELECT i.user_id, i.subject, i.group_ids FROM providers p JOIN identities i ON i.provider_id = p.id
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
            return one(db, row).await.map(Some);
        }
    }
    Ok(None)
}

/// The same of several, by their immutable ids, in that order.
pub(super) async fn several(
    db: &mut dyn Session,
    provider: &str,
    subjects: &[String],
) -> Result<Vec<Option<PersonNow>>, StoreError> {
    let mut people = Vec::with_capacity(subjects.len());
    for subject in subjects {
        people.push(find(db, provider, &PersonKey::Subject(subject.clone())).await?);
    }
    Ok(people)
}

const PERSON: &str = "SELECT 0, id, login, name, email, state, server_admin FROM users WHERE id = $1
    UNION ALL
    SELECT 1, o.id, o.name, m.role, NULL, NULL, CAST(0 AS BIGINT) FROM org_members m JOIN orgs o ON o.id = m.org_id
    WHERE m.user_id = $1
    UNION ALL
    SELECT 2, t.id, t.name, m.role, o.name, NULL, CAST(0 AS BIGINT) FROM team_members m
    JOIN teams t ON t.id = m.team_id JOIN orgs o ON o.id = t.org_id WHERE m.user_id = $1";

async fn one(db: &mut dyn Session, found: &Row) -> Result<PersonNow, StoreError> {
    let user = found.int(0)?;
    let mut person = PersonNow {
        id: id("users.id", user)?,
        subject: found.text(1)?,
        login: String::new(),
        name: String::new(),
        email: String::new(),
        state: UserState::Suspended,
        server_admin: false,
        orgs: Vec::new(),
        teams: Vec::new(),
        groups: Vec::new(),
    };
    for row in db.rows(PERSON, &[Param::Int(Some(user))]).await? {
        match row.int(0)? {
            0 => {
                (person.login, person.name, person.email) = (row.text(2)?, row.text(3)?, row.text(4)?);
                person.state = word("users.state", &row.text(5)?, UserState::parse)?;
                person.server_admin = row.int(6)? == 1;
            }
            1 => person.orgs.push(OrgNow {
                id: id("orgs.id", row.int(1)?)?,
                name: row.text(2)?,
                role: word("org_members.role", &row.text(3)?, OrgRole::parse)?,
            }),
            _ => person.teams.push(TeamNow {
                id: id("teams.id", row.int(1)?)?,
                name: row.text(2)?,
                role: word("team_members.role", &row.text(3)?, TeamRole::parse)?,
                org: row.text(4)?,
            }),
        }
    }
    let groups = found.text(2)?;
    for row in db.rows(GROUP_NAMES.of(db.dialect()), &[Param::Text(Some(&groups))]).await? {
        person.groups.push(row.text(0)?);
    }
    person.orgs.sort_by(|a, b| a.name.cmp(&b.name));
    person.teams.sort_by(|a, b| (&a.org, &a.name).cmp(&(&b.org, &b.name)));
    person.groups.sort();
    Ok(person)
}
