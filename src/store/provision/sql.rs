//! The statements, for both databases. They differ only in how rows come as one argument: a JSON array.

use crate::store::session::Sql;

/// generation, the largest ids; with those that are gone and never used again, where that can be.
pub(super) const STATE: &str = "SELECT s.generation, coalesce((SELECT max(id) FROM orgs), 0),
        coalesce((SELECT max(id) FROM teams), 0),
        (SELECT max(n) FROM (SELECT coalesce(max(id), 0) AS n FROM users
                             UNION ALL SELECT coalesce(max(user_id), 0) FROM audit WHERE user_id IS NOT NULL) ids),
        (SELECT max(n) FROM (SELECT coalesce(max(id), 0) AS n FROM roles
                             UNION ALL SELECT last_role FROM state) ids),
        (SELECT max(n) FROM (SELECT coalesce(max(id), 0) AS n FROM entitlements
                             UNION ALL SELECT last_entitlement FROM state) ids)
    FROM state s WHERE s.one = 1";

pub(super) const ORGS: &str = "SELECT id, name, key FROM orgs";
pub(super) const MEMBERS: &str =
    "SELECT org_id, user_id, declared_role FROM org_members WHERE declared_role IS NOT NULL";
pub(super) const TEAM_MEMBERS: &str =
    "SELECT team_id, user_id, declared_role FROM team_members WHERE declared_role IS NOT NULL";
pub(super) const USER_HOLDERS: &str =
    "SELECT entitlement_id, user_id, declared_until FROM user_entitlements WHERE declared_until IS NOT NULL";
pub(super) const TEAM_HOLDERS: &str =
    "SELECT entitlement_id, team_id, declared_until FROM team_entitlements WHERE declared_until IS NOT NULL";
pub(super) const ORG_HOLDERS: &str =
    "SELECT entitlement_id, org_id, declared_until FROM org_entitlements WHERE declared_until IS NOT NULL";
pub(super) const LIMITS: &str = "SELECT user_id, name, value FROM user_limits WHERE origin = 'file'";

/// kind, org_id, name, id.
pub(super) const NAMES: &str = "SELECT kind, org_id, name, id FROM declared_names";

/// How many members there are where files give something to everybody; as much of teams; and who has a basic role.
pub(super) const ORG_REACH: &str = "SELECT org_id, count(*) FROM org_members
    WHERE org_id IN (SELECT org_id FROM org_entitlements WHERE declared_until IS NOT NULL) GROUP BY org_id";
pub(super) const TEAM_REACH: &str = "SELECT team_id, count(*) FROM team_members
    WHERE team_id IN (SELECT team_id FROM team_entitlements WHERE declared_until IS NOT NULL) GROUP BY team_id";
pub(super) const BASIC_REACH: &str =
    "SELECT 'basic:' || lower(role), count(DISTINCT user_id) FROM org_members GROUP BY role
    UNION ALL SELECT 'basic:server_admin', count(*) FROM users WHERE server_admin = 1";

/// Who can act as an Admin where somebody is one by a file; 1: not only by it.
pub(super) const ADMINS: &str = "SELECT m.org_id, m.user_id,
        CASE WHEN m.synced_role = 'Admin' OR m.manual_role = 'Admin' THEN 1 ELSE 0 END
    FROM org_members m JOIN users u ON u.id = m.user_id
    WHERE m.role = 'Admin' AND u.state = 'active' AND u.kind <> 'service'
      AND m.org_id IN (SELECT org_id FROM org_members WHERE declared_role = 'Admin')";

macro_rules! named {
    ($begin:literal, $end:literal) => {
        Sql {
            sqlite: concat!($begin, "(SELECT value FROM json_each($1))", $end),
            postgres: concat!($begin, "(SELECT json_array_elements_text($1::json))", $end),
        }
    };
}

/// id, org_id, name. $1: names.
pub(super) const TEAMS: Sql = named!(
    "SELECT id, org_id, name FROM teams WHERE name IN ",
    " OR id IN (SELECT team_id FROM team_members WHERE declared_role IS NOT NULL)
      OR id IN (SELECT id FROM declared_names WHERE kind = 'team')
      OR id IN (SELECT team_id FROM team_entitlements WHERE declared_until IS NOT NULL)"
);

macro_rules! users {
    ($logins:literal, $ids:literal) => {
        concat!(
            "SELECT u.id, u.login, u.kind, u.state,
        CASE WHEN EXISTS (SELECT 1 FROM user_suspensions s WHERE s.user_id = u.id AND s.origin = 'provisioning')
             THEN 1 ELSE 0 END,
        CASE WHEN EXISTS (SELECT 1 FROM org_members m WHERE m.user_id = u.id
                          AND (m.synced_role IS NOT NULL OR m.manual_role IS NOT NULL)) THEN 1 ELSE 0 END
    FROM users u WHERE u.id IN (SELECT id FROM users WHERE login IN (",
            $logins,
            ")
        UNION SELECT id FROM users WHERE id IN (",
            $ids,
            ")
        UNION SELECT id FROM declared_names WHERE kind = 'user'
        UNION SELECT user_id FROM org_members WHERE declared_role IS NOT NULL
        UNION SELECT user_id FROM team_members WHERE declared_role IS NOT NULL
        UNION SELECT user_id FROM user_entitlements WHERE declared_until IS NOT NULL
        UNION SELECT user_id FROM user_limits WHERE origin = 'file'
        UNION SELECT e.for_user_id FROM user_entitlements h JOIN entitlements e ON e.id = h.entitlement_id
              WHERE h.declared_until IS NOT NULL AND e.for_user_id IS NOT NULL
        UNION SELECT id FROM users WHERE kind <> 'person')"
        )
    };
}

/// id, login, kind, state, whether it was dropped, whether it is a member somewhere otherwise. $1: logins, $2: ids.
pub(super) const USERS: Sql = Sql {
    sqlite: users!("SELECT value FROM json_each($1)", "SELECT value FROM json_each($2)"),
    postgres: users!(
        "SELECT json_array_elements_text($1::json)",
        "SELECT CAST(json_array_elements_text($2::json) AS BIGINT)"
    ),
};

/// id, org_id, name, kind, title, description, origin, version, whether somebody holds it otherwise. $1: names, $2: now.
pub(super) const ROLES: Sql = named!(
    "SELECT r.id, r.org_id, r.name, r.kind, r.title, r.description, r.origin, r.version,
        CASE WHEN EXISTS (SELECT 1 FROM entitlements e JOIN user_entitlements h ON h.entitlement_id = e.id
                          WHERE coalesce(e.role_id, 0) = r.id AND (h.synced = 1 OR h.manual_until > $2))
               OR EXISTS (SELECT 1 FROM entitlements e JOIN team_entitlements h ON h.entitlement_id = e.id
                          WHERE coalesce(e.role_id, 0) = r.id AND h.manual_until > $2)
               OR EXISTS (SELECT 1 FROM entitlements e JOIN org_entitlements h ON h.entitlement_id = e.id
                          WHERE coalesce(e.role_id, 0) = r.id AND h.manual_until > $2)
             THEN 1 ELSE 0 END
    FROM roles r WHERE r.origin = 'file' OR r.name IN ",
    " OR r.id IN (SELECT e.role_id FROM user_entitlements h JOIN entitlements e ON e.id = h.entitlement_id
                  WHERE h.declared_until IS NOT NULL)
      OR r.id IN (SELECT e.role_id FROM team_entitlements h JOIN entitlements e ON e.id = h.entitlement_id
                  WHERE h.declared_until IS NOT NULL)
      OR r.id IN (SELECT e.role_id FROM org_entitlements h JOIN entitlements e ON e.id = h.entitlement_id
                  WHERE h.declared_until IS NOT NULL)"
);

/// role_id, action, scope, parameters. $1: names of roles.
pub(super) const PERMISSIONS: Sql = named!(
    "SELECT p.role_id, p.action, p.scope, p.parameters FROM role_permissions p JOIN roles r ON r.id = p.role_id
     WHERE r.origin = 'file' OR r.name IN ",
    ""
);

/// role_id, name, value. $1: names of roles.
pub(super) const ROLE_LIMITS: Sql = named!(
    "SELECT l.role_id, l.name, l.value FROM role_limits l JOIN roles r ON r.id = l.role_id
     WHERE r.origin = 'file' OR r.name IN ",
    ""
);

macro_rules! entitlements {
    ($names:literal, $ids:literal) => {
        concat!(
            "SELECT e.id, e.org_id, e.role_id, e.for_user_id, e.scope, e.parameters FROM entitlements e
             WHERE e.role_id IN (SELECT id FROM roles WHERE name IN (",
            $names,
            ")) OR e.for_user_id IN (",
            $ids,
            ") OR e.id IN (SELECT entitlement_id FROM user_entitlements WHERE declared_until IS NOT NULL
                      UNION SELECT entitlement_id FROM team_entitlements WHERE declared_until IS NOT NULL
                      UNION SELECT entitlement_id FROM org_entitlements WHERE declared_until IS NOT NULL)"
        )
    };
}

/// id, org_id, role_id, for_user_id, scope, parameters. $1: names of roles, $2: ids of accounts.
pub(super) const ENTITLEMENTS: Sql = Sql {
    sqlite: entitlements!("SELECT value FROM json_each($1)", "SELECT value FROM json_each($2)"),
    postgres: entitlements!(
        "SELECT json_array_elements_text($1::json)",
        "SELECT CAST(json_array_elements_text($2::json) AS BIGINT)"
    ),
};

macro_rules! rows {
    ($begin:literal, $end:literal) => {
        rows!([$begin] [$end])
    };
    ([$($begin:literal)*] [$($end:literal)*]) => {
        Sql {
            sqlite: concat!($($begin,)* " FROM json_each($1) AS n WHERE true" $(, $end)*),
            postgres: concat!($($begin,)* " FROM json_array_elements($1::json) AS n (value) WHERE true" $(, $end)*),
        }
    };
}

// $1: rows. $2: now, where it is named.

pub(super) const NEW_ORGS: Sql =
    rows!("INSERT INTO orgs (id, name, created_at) SELECT CAST(value ->> 0 AS BIGINT), value ->> 1, $2", "");
pub(super) const NEW_TEAMS: Sql = rows!(
    "INSERT INTO teams (id, org_id, name, created_at)
     SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), value ->> 2, $2",
    ""
);
pub(super) const NEW_ACCOUNTS: Sql = rows!(
    "INSERT INTO users (id, login, name, email, state, kind, created_at, updated_at)
     SELECT CAST(value ->> 0 AS BIGINT), value ->> 1, value ->> 2, '', 'active', 'service', $2, $2",
    ""
);

pub(super) const DROP_REASONS: Sql = rows!(
    "INSERT INTO user_suspensions (user_id, origin, reason, since)
     SELECT CAST(value ->> 0 AS BIGINT), 'provisioning', 'no file declares it any longer', $2",
    " ON CONFLICT (user_id, origin) DO NOTHING"
);
pub(super) const DROP_ACCOUNTS: Sql = rows!(
    "UPDATE users SET state = 'suspended', updated_at = $2
     WHERE state = 'active' AND id IN (SELECT CAST(value ->> 0 AS BIGINT)",
    ")"
);
pub(super) const RESUME_REASONS: Sql = rows!(
    "DELETE FROM user_suspensions WHERE origin = 'provisioning' AND user_id IN (SELECT CAST(value ->> 0 AS BIGINT)",
    ")"
);
pub(super) const RESUME_ACCOUNTS: Sql = rows!(
    "UPDATE users SET state = 'active', updated_at = $2
     WHERE state = 'suspended' AND NOT EXISTS (SELECT 1 FROM user_suspensions s WHERE s.user_id = users.id)
       AND id IN (SELECT CAST(value ->> 0 AS BIGINT)",
    ")"
);

pub(super) const ROLES_PUT: Sql = rows!(
    "INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
     SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), value ->> 2, value ->> 3, value ->> 4, value ->> 5,
            value ->> 6, CAST(value ->> 7 AS BIGINT), $2",
    " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, title = excluded.title, description = excluded.description,
          origin = excluded.origin, version = excluded.version, updated_at = excluded.updated_at"
);
pub(super) const PERMISSIONS_OUT: Sql =
    rows!("DELETE FROM role_permissions WHERE role_id IN (SELECT CAST(value ->> 0 AS BIGINT)", ")");
pub(super) const ROLE_LIMITS_OUT: Sql =
    rows!("DELETE FROM role_limits WHERE role_id IN (SELECT CAST(value ->> 0 AS BIGINT)", ")");
pub(super) const PERMISSIONS_IN: Sql = rows!(
    "INSERT INTO role_permissions (role_id, action, scope, parameters)
     SELECT CAST(value ->> 0 AS BIGINT), value ->> 1, value ->> 2, value ->> 3",
    ""
);
pub(super) const ROLE_LIMITS_IN: Sql = rows!(
    "INSERT INTO role_limits (role_id, name, value)
     SELECT CAST(value ->> 0 AS BIGINT), value ->> 1, CAST(value ->> 2 AS BIGINT)",
    ""
);
/// Holders of roles that go: of them only those are left whose time is over.
macro_rules! holders_out {
    ($table:literal) => {
        rows!(
            ["DELETE FROM " $table " WHERE entitlement_id IN (SELECT id FROM entitlements WHERE role_id IN
              (SELECT CAST(value ->> 0 AS BIGINT)"]
            ["))"]
        )
    };
}
pub(super) const HOLDERS_OUT: [Sql; 3] =
    [holders_out!("user_entitlements"), holders_out!("team_entitlements"), holders_out!("org_entitlements")];
pub(super) const ROLE_ENTITLEMENTS_OUT: Sql =
    rows!("DELETE FROM entitlements WHERE role_id IN (SELECT CAST(value ->> 0 AS BIGINT)", ")");
pub(super) const ROLES_OUT: Sql = rows!("DELETE FROM roles WHERE id IN (SELECT CAST(value ->> 0 AS BIGINT)", ")");

pub(super) const NEW_ENTITLEMENTS: Sql = rows!(
    "INSERT INTO entitlements (id, org_id, role_id, for_user_id, scope, parameters)
     SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), CAST(value ->> 2 AS BIGINT),
            CAST(value ->> 3 AS BIGINT), value ->> 4, value ->> 5",
    ""
);

/// How one owner's column of a table is given and taken.
pub(super) struct Owned {
    pub(super) give: Sql,
    /// Rows of which nothing is left.
    pub(super) delete: Sql,
    pub(super) take: Sql,
}

/// Rows are: of, who, value.
macro_rules! owned {
    ($table:literal, $of:literal, $who:literal, $column:literal, $value:literal, $alone:literal) => {
        Owned {
            give: rows!(
                ["INSERT INTO " $table " (" $of ", " $who ", " $column ")
                  SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT), " $value]
                [" ON CONFLICT (" $of ", " $who ") DO UPDATE SET " $column " = excluded." $column]
            ),
            delete: rows!(
                ["DELETE FROM " $table " WHERE " $alone " AND (" $of ", " $who ") IN
                  (SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT)"]
                [")"]
            ),
            take: rows!(
                ["UPDATE " $table " SET " $column " = NULL WHERE " $column " IS NOT NULL AND (" $of ", " $who ") IN
                  (SELECT CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS BIGINT)"]
                [")"]
            ),
        }
    };
}

pub(super) const OWN_MEMBERS: Owned = owned!(
    "org_members",
    "org_id",
    "user_id",
    "declared_role",
    "value ->> 2",
    "synced_role IS NULL AND manual_role IS NULL"
);
pub(super) const OWN_TEAM_MEMBERS: Owned = owned!(
    "team_members",
    "team_id",
    "user_id",
    "declared_role",
    "value ->> 2",
    "synced_role IS NULL AND manual_role IS NULL"
);
pub(super) const OWN_USER_HOLDERS: Owned = owned!(
    "user_entitlements",
    "entitlement_id",
    "user_id",
    "declared_until",
    "CAST(value ->> 2 AS BIGINT)",
    "synced = 0 AND manual_until IS NULL"
);
pub(super) const OWN_TEAM_HOLDERS: Owned = owned!(
    "team_entitlements",
    "entitlement_id",
    "team_id",
    "declared_until",
    "CAST(value ->> 2 AS BIGINT)",
    "manual_until IS NULL"
);
pub(super) const OWN_ORG_HOLDERS: Owned = owned!(
    "org_entitlements",
    "entitlement_id",
    "org_id",
    "declared_until",
    "CAST(value ->> 2 AS BIGINT)",
    "manual_until IS NULL"
);

/// Rows are: user, name, value.
pub(super) const LIMITS_PUT: Sql = rows!(
    "INSERT INTO user_limits (user_id, name, origin, value)
     SELECT CAST(value ->> 0 AS BIGINT), value ->> 1, 'file', CAST(value ->> 2 AS BIGINT)",
    " ON CONFLICT (user_id, name, origin) DO UPDATE SET value = excluded.value"
);
pub(super) const LIMITS_OUT: Sql = rows!(
    "DELETE FROM user_limits WHERE origin = 'file' AND (user_id, name) IN
     (SELECT CAST(value ->> 0 AS BIGINT), value ->> 1",
    ")"
);

/// Rows are: kind, organization (of a team), name, id.
pub(super) const NAMES_PUT: Sql = rows!(
    "INSERT INTO declared_names (kind, org_id, name, id)
     SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), value ->> 2, CAST(value ->> 3 AS BIGINT)",
    " ON CONFLICT (kind, org_id, name) DO UPDATE SET id = excluded.id"
);
pub(super) const NAMES_OUT: Sql = rows!(
    "DELETE FROM declared_names WHERE (kind, org_id, name) IN
     (SELECT value ->> 0, CAST(value ->> 1 AS BIGINT), value ->> 2",
    ")"
);

/// $1: the hold, $2: now.
pub(super) const USE_HOLD: &str =
    "UPDATE holds SET state = 'applied' WHERE id = $1 AND state = 'approved' AND expires_at > $2";
