//! What somebody has now, as an application reads it: what a login is answered with where nothing was
//! read for it.

use super::StoreError;
use super::session::{Param, Row, Session, Sql, id, word};
use rosterd_core::ids::{OrgId, TeamId, UserId};
use rosterd_core::lifecycle::Kind;
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
    pub kind: Kind,
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
    pub(super) fn sort(&mut self) {
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

macro_rules! person {
    ($groups_of_w:literal) => {
        concat!(
            "WITH who AS (SELECT i.user_id, i.group_ids FROM providers p JOIN identities i ON i.provider_id = p.id
                          WHERE p.name = $1 AND i.subject = $2)
             SELECT 0, u.id, u.login, u.name, u.email, u.state, u.server_admin, u.kind
             FROM who w JOIN users u ON u.id = w.user_id
             UNION ALL
             SELECT 1, o.id, o.name, m.role, NULL, NULL, CAST(NULL AS BIGINT), NULL
             FROM who w JOIN org_members m ON m.user_id = w.user_id JOIN orgs o ON o.id = m.org_id
             UNION ALL
             SELECT 2, t.id, t.name, m.role, o.name, NULL, CAST(NULL AS BIGINT), NULL
             FROM who w JOIN team_members m ON m.user_id = w.user_id
             JOIN teams t ON t.id = m.team_id JOIN orgs o ON o.id = t.org_id
             UNION ALL
             SELECT 3, g.id, g.name, NULL, NULL, NULL, CAST(NULL AS BIGINT), NULL
             FROM who w ",
            $groups_of_w
        )
    };
}

/// What somebody has now, each row with its kind in front: 0 themselves, 1 organizations, 2 teams,
/// 3 the groups that they are in directly. $1: the provider's name, $2: the subject.
const PERSON: Sql = Sql {
    sqlite: person!("CROSS JOIN json_each(w.group_ids) AS e JOIN provider_groups g ON g.id = e.value"),
    postgres: person!(
        "CROSS JOIN LATERAL jsonb_array_elements_text(w.group_ids::jsonb) AS e (value)
             JOIN provider_groups g ON g.id = e.value::bigint"
    ),
};

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
            return by_subject(db, provider, &row.text(0)?).await;
        }
    }
    Ok(None)
}

/// The same by the immutable id.
async fn by_subject(db: &mut dyn Session, provider: &str, subject: &str) -> Result<Option<PersonNow>, StoreError> {
    let mut rows = db.rows(PERSON.of(db.dialect()), &[Param::Text(Some(provider)), Param::Text(Some(subject))]).await?;
    // The person before what they have.
    rows.sort_by_key(|row| row.int(0).unwrap_or(i64::MAX));
    let mut rows = rows.into_iter();
    let Some(first) = rows.next() else { return Ok(None) };
    let mut person = person(&first, subject)?;
    for row in rows {
        match row.int(0)? {
            1 => person.orgs.push(OrgNow {
                id: id("orgs.id", row.int(1)?)?,
                name: row.text(2)?,
                role: word("org_members.role", &row.text(3)?, OrgRole::parse)?,
            }),
            2 => person.teams.push(TeamNow {
                id: id("teams.id", row.int(1)?)?,
                name: row.text(2)?,
                role: word("team_members.role", &row.text(3)?, TeamRole::parse)?,
                org: row.text(4)?,
            }),
            _ => person.groups.push(row.text(2)?),
        }
    }
    person.sort();
    Ok(Some(person))
}

fn person(row: &Row, subject: &str) -> Result<PersonNow, StoreError> {
    Ok(PersonNow {
        id: id("users.id", row.int(1)?)?,
        subject: subject.to_owned(),
        login: row.text(2)?,
        name: row.text(3)?,
        email: row.text(4)?,
        state: word("users.state", &row.text(5)?, UserState::parse)?,
        kind: word("users.kind", &row.text(7)?, Kind::parse)?,
        server_admin: row.int(6)? == 1,
        orgs: Vec::new(),
        teams: Vec::new(),
        groups: Vec::new(),
    })
}
