//! Writes what an application reads: organizations, people, teams, memberships, suspensions.

use super::StoreError;
use super::apply::{Apply, Expect};
use super::bulk::{self, Bulk};
use super::load::Into;
use super::statement::Statement;
use rosterd_core::rights::{OrgRole, TeamRole};
use rosterd_core::text::Text;
use rosterd_core::writes::{SuspensionWrite, UserWrite};

/// How many rows one statement's arrays hold, so that they stay small beside the plan.
pub(super) const BATCH: usize = 50_000;

const ORGS: Into =
    Into { table: "orgs", columns: &[("id", "bigint"), ("name", "text"), ("key", "text"), ("created_at", "bigint")] };

const USERS: Into = Into {
    table: "users",
    columns: &[
        ("id", "bigint"),
        ("login", "text"),
        ("name", "text"),
        ("email", "text"),
        ("state", "text"),
        ("synced_admin", "bigint"),
        ("created_at", "bigint"),
        ("updated_at", "bigint"),
    ],
};

const TEAMS: Into = Into {
    table: "teams",
    columns: &[
        ("id", "bigint"),
        ("org_id", "bigint"),
        ("name", "text"),
        ("named_after", "bigint"),
        ("created_at", "bigint"),
    ],
};

/// A membership to write: organization or team, user, what rosterd gives, whether the row exists.
type Member = (i64, i64, Option<&'static str>, bool);

/// The statements for one kind of membership.
struct Members {
    into: Into,
    upsert: &'static str,
    delete: &'static str,
    clear: &'static str,
    bulk: Bulk,
}

const ORG_MEMBERS: Members = Members {
    into: Into {
        table: "org_members",
        columns: &[("org_id", "bigint"), ("user_id", "bigint"), ("synced_role", "text")],
    },
    upsert: "INSERT INTO org_members (org_id, user_id, synced_role)
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])
             ON CONFLICT (org_id, user_id) DO UPDATE SET synced_role = excluded.synced_role",
    delete: "DELETE FROM org_members m USING unnest($1::bigint[], $2::bigint[]) AS d (org_id, user_id)
             WHERE m.org_id = d.org_id AND m.user_id = d.user_id
               AND coalesce(m.manual_role, m.declared_role) IS NULL",
    clear: "UPDATE org_members m SET synced_role = NULL
            FROM unnest($1::bigint[], $2::bigint[]) AS d (org_id, user_id)
            WHERE m.org_id = d.org_id AND m.user_id = d.user_id AND m.synced_role IS NOT NULL",
    bulk: bulk::ORG_MEMBERS,
};

const TEAM_MEMBERS: Members = Members {
    into: Into {
        table: "team_members",
        columns: &[("team_id", "bigint"), ("user_id", "bigint"), ("synced_role", "text")],
    },
    upsert: "INSERT INTO team_members (team_id, user_id, synced_role)
             SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[])
             ON CONFLICT (team_id, user_id) DO UPDATE SET synced_role = excluded.synced_role",
    delete: "DELETE FROM team_members m USING unnest($1::bigint[], $2::bigint[]) AS d (team_id, user_id)
             WHERE m.team_id = d.team_id AND m.user_id = d.user_id
               AND coalesce(m.manual_role, m.declared_role) IS NULL",
    clear: "UPDATE team_members m SET synced_role = NULL
            FROM unnest($1::bigint[], $2::bigint[]) AS d (team_id, user_id)
            WHERE m.team_id = d.team_id AND m.user_id = d.user_id AND m.synced_role IS NOT NULL",
    bulk: bulk::TEAM_MEMBERS,
};

impl<'t> Apply<'t> {
    /// Changed ones first, and parked, for the same reasons as people.
    pub(super) async fn orgs(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        if !w.changed_orgs.is_empty() {
            let ids: Vec<i64> = w.changed_orgs.iter().map(|org| i64::from(org.id)).collect();
            let count = ids.len();
            let park = "UPDATE orgs SET name = chr(1) || id, key = NULL WHERE id = ANY($1::bigint[])";
            self.write(Statement::new(park).bind(ids.clone()), Expect::Any).await?;
            let change = Statement::new(
                "UPDATE orgs o SET name = n.name, key = nullif(n.key, '')
                 FROM unnest($1::bigint[], $2::text[], $3::text[]) AS n (id, name, key) WHERE o.id = n.id",
            )
            .bind(ids)
            .bind(self.texts(&w.changed_orgs, |org| org.name))
            .bind(self.texts(&w.changed_orgs, |org| org.key));
            self.write(change, Expect::Exactly(count)).await?;
        }
        let now = self.now.0;
        self.load(&ORGS, w.new_orgs.len(), w.new_orgs.iter(), |line, org| {
            line.int(i64::from(org.id)).text(w.texts.get(org.name)).opt_text(w.texts.get(org.key)).int(now);
        })
        .await
    }

    /// Changed people first: they may give up logins that new ones take. Those whose login changes
    /// are parked on a login that nobody has, so that two can swap theirs: within one statement a
    /// unique key is checked row by row.
    pub(super) async fn users(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        for batch in w.changed_users.chunks(BATCH) {
            let park = Statement::new(
                "UPDATE users u SET login = chr(1) || u.id FROM unnest($1::bigint[], $2::text[]) AS n (id, login)
                 WHERE u.id = n.id AND u.login <> n.login",
            );
            let park = park.bind(ids(batch)).bind(self.texts(batch, |user| user.login));
            self.write(park, Expect::Any).await?;
        }
        for batch in w.changed_users.chunks(BATCH) {
            let update = Statement::new(
                "UPDATE users u SET login = n.login, name = n.name, email = n.email, state = n.state,
                     synced_admin = n.synced_admin, updated_at = $1
                 FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
                     AS n (id, login, name, email, state, synced_admin)
                 WHERE u.id = n.id",
            )
            .bind(self.now.0)
            .bind(ids(batch))
            .bind(self.texts(batch, |user| user.login))
            .bind(self.texts(batch, |user| user.name))
            .bind(self.texts(batch, |user| user.email))
            .bind(batch.iter().map(|user| user.state.name()).collect::<Vec<_>>())
            .bind(batch.iter().map(|user| i64::from(user.synced_admin)).collect::<Vec<_>>());
            self.write(update, Expect::Exactly(batch.len())).await?;
        }
        let now = self.now.0;
        self.load(&USERS, w.new_users.len(), w.new_users.iter(), |line, user| {
            line.int(i64::from(user.id)).text(w.texts.get(user.login)).text(w.texts.get(user.name));
            line.text(w.texts.get(user.email)).text(user.state.name()).int(i64::from(user.synced_admin));
            line.int(now).int(now);
        })
        .await
    }

    fn texts<T>(&self, batch: &[T], text: impl Fn(&T) -> Text) -> Vec<&'t str> {
        let w = self.w;
        batch.iter().map(|row| w.texts.get(text(row))).collect()
    }

    /// Renamed teams first, and parked, for the same reasons as people.
    pub(super) async fn teams(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        if !w.renamed_teams.is_empty() {
            let ids: Vec<i64> = w.renamed_teams.iter().map(|(id, _)| i64::from(*id)).collect();
            let count = ids.len();
            let park = "UPDATE teams SET name = chr(1) || id WHERE id = ANY($1::bigint[])";
            self.write(Statement::new(park).bind(ids.clone()), Expect::Any).await?;
            let rename = Statement::new(
                "UPDATE teams t SET name = n.name FROM unnest($1::bigint[], $2::text[]) AS n (id, name) WHERE t.id = n.id",
            );
            let names = self.texts(&w.renamed_teams, |(_, name)| *name);
            self.write(rename.bind(ids).bind(names), Expect::Exactly(count)).await?;
        }
        let now = self.now.0;
        self.load(&TEAMS, w.new_teams.len(), w.new_teams.iter(), |line, team| {
            line.int(i64::from(team.id)).int(i64::from(team.org)).text(w.texts.get(team.name));
            line.opt_int(team.named_after.map(i64::from)).int(now);
        })
        .await
    }

    pub(super) async fn org_members(&mut self) -> Result<(), StoreError> {
        let list = &self.w.org_members;
        self.members(&ORG_MEMBERS, || {
            list.iter().map(|m| (i64::from(m.org), i64::from(m.user), m.role.map(OrgRole::name), m.exists))
        })
        .await
    }

    pub(super) async fn team_members(&mut self) -> Result<(), StoreError> {
        let list = &self.w.team_members;
        self.members(&TEAM_MEMBERS, || {
            list.iter().map(|m| (i64::from(m.team), i64::from(m.user), m.role.map(TeamRole::name), m.exists))
        })
        .await
    }

    /// Sets, or takes back, what rosterd gives in organizations or teams. A row that only a
    /// person's gift keeps stays.
    async fn members<I: Iterator<Item = Member> + Send>(
        &mut self,
        members: &Members,
        list: impl Fn() -> I + Send + Sync,
    ) -> Result<(), StoreError> {
        let taken: Vec<Member> = list().filter(|(_, _, role, _)| role.is_none()).collect();
        for batch in taken.chunks(BATCH) {
            let (of, user): (Vec<i64>, Vec<i64>) = batch.iter().map(|m| (m.0, m.1)).unzip();
            let delete = Statement::new(members.delete).bind(of.clone()).bind(user.clone());
            self.write(delete, Expect::Counted).await?;
            self.write(Statement::new(members.clear).bind(of).bind(user), Expect::Counted).await?;
        }
        let changed: Vec<Member> = list().filter(|(_, _, role, exists)| role.is_some() && *exists).collect();
        for batch in changed.chunks(BATCH) {
            let (of, user): (Vec<i64>, Vec<i64>) = batch.iter().map(|m| (m.0, m.1)).unzip();
            let roles: Vec<Option<&str>> = batch.iter().map(|m| m.2).collect();
            let upsert = Statement::new(members.upsert).bind(of).bind(user).bind(roles);
            self.write(upsert, Expect::Counted).await?;
        }
        let is_new = |(_, _, role, exists): &Member| role.is_some() && !exists;
        let new = list().filter(is_new).count();
        if new == 0 {
            return Ok(());
        }
        let stripped = self.strip(&members.bulk, new).await?;
        self.load(&members.into, new, list().filter(is_new), |line, (of, user, role, _)| {
            line.int(of).int(user).text(role.unwrap_or_default());
        })
        .await?;
        if stripped { self.restore(&members.bulk).await } else { Ok(()) }
    }

    pub(super) async fn suspensions(&mut self) -> Result<(), StoreError> {
        let w = self.w;
        for batch in w.suspend.chunks(BATCH) {
            let upsert = Statement::new(
                "INSERT INTO user_suspensions (user_id, origin, reason, since)
                 SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[])
                 ON CONFLICT (user_id, origin) DO UPDATE SET reason = excluded.reason, since = excluded.since",
            )
            .bind(batch.iter().map(|s| i64::from(s.user)).collect::<Vec<_>>())
            .bind(self.texts(batch, |s: &SuspensionWrite| s.origin))
            .bind(self.texts(batch, |s: &SuspensionWrite| s.reason))
            .bind(batch.iter().map(|s| s.since.0).collect::<Vec<_>>());
            self.write(upsert, Expect::Counted).await?;
        }
        for batch in w.unsuspend.chunks(BATCH) {
            let delete = Statement::new(
                "DELETE FROM user_suspensions s USING unnest($1::bigint[], $2::text[]) AS d (user_id, origin)
                 WHERE s.user_id = d.user_id AND s.origin = d.origin",
            )
            .bind(batch.iter().map(|(user, _)| i64::from(*user)).collect::<Vec<_>>())
            .bind(self.texts(batch, |(_, origin)| *origin));
            self.write(delete, Expect::Counted).await?;
        }
        Ok(())
    }
}

fn ids(batch: &[UserWrite]) -> Vec<i64> {
    batch.iter().map(|user| i64::from(user.id)).collect()
}
