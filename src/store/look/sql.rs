//! The statements, for both databases. They differ only in how a list comes as one argument.

use super::super::session::Sql;

macro_rules! sqlite_texts {
    ($n:literal) => {
        concat!("IN (SELECT value FROM json_each($", $n, "))")
    };
}

macro_rules! sqlite_ints {
    ($n:literal) => {
        concat!("IN (SELECT value FROM json_each($", $n, "))")
    };
}

// An array, so that the plan is an index scan whatever the planner thinks of the list's length.
macro_rules! postgres_texts {
    ($n:literal) => {
        concat!("= ANY (ARRAY(SELECT jsonb_array_elements_text($", $n, "::jsonb)))")
    };
}

macro_rules! postgres_ints {
    ($n:literal) => {
        concat!("= ANY (ARRAY(SELECT jsonb_array_elements_text($", $n, "::jsonb)::bigint))")
    };
}

macro_rules! both {
    ($name:ident) => {
        Sql { sqlite: $name!(sqlite_texts, sqlite_ints), postgres: $name!(postgres_texts, postgres_ints) }
    };
}

/// generation, structure's version, provider: id, applied_at, base; the newest finished reading;
/// the largest ids; how many holds wait; the last run and audit record. $1: the provider's name, $2: now.
pub(super) const PROVIDER: &str = "SELECT s.generation, t.version, p.id, p.applied_at, p.base, l.reading,
        coalesce((SELECT max(id) FROM orgs), 0), coalesce((SELECT max(id) FROM teams), 0),
        coalesce((SELECT max(id) FROM users), 0),
        coalesce((SELECT max(user_id) FROM audit WHERE user_id IS NOT NULL), 0),
        coalesce((SELECT max(id) FROM providers), 0), coalesce((SELECT max(id) FROM provider_groups), 0),
        coalesce((SELECT max(id) FROM identities), 0), coalesce((SELECT max(id) FROM rules), 0),
        (SELECT count(*) FROM holds h WHERE h.provider = $1 AND h.state = 'pending' AND h.expires_at > $2),
        coalesce((SELECT max(id) FROM runs), 0), a.seq, a.hash,
        (SELECT max(n) FROM (SELECT coalesce(max(id), 0) AS n FROM entitlements
                             UNION ALL SELECT last_entitlement FROM state) ids)
    FROM state s JOIN structure t ON t.one = 1 LEFT JOIN providers p ON p.name = $1
    LEFT JOIN leases l ON l.provider = $1
    LEFT JOIN audit a ON a.seq = (SELECT max(seq) FROM audit)
    WHERE s.one = 1";

/// user_id, login, email of everybody whom another provider has. $1: provider.
pub(super) const ELSEWHERE: &str =
    "SELECT user_id, login, email FROM identities WHERE provider_id <> $1 AND gone_at IS NULL";

/// The rows of users, each with its kind in front: 1 themselves, 2 organizations, 3 teams,
/// 4 suspensions, 5 identities, 9 what they hold.
macro_rules! rows_of {
    ($($users:tt)*) => {
        concat!(
            "SELECT 1, id, CAST(NULL AS BIGINT), synced_admin, manual_admin, login, name, email, state, kind, NULL, NULL,
                    CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)
             FROM users WHERE id ",
            $($users)*,
            " UNION ALL
             SELECT 2, user_id, org_id, NULL, NULL, synced_role, manual_role, declared_role, NULL, NULL, NULL, NULL, NULL, NULL
             FROM org_members WHERE user_id ",
            $($users)*,
            " UNION ALL
             SELECT 3, user_id, team_id, NULL, NULL, synced_role, manual_role, declared_role, NULL, NULL, NULL, NULL, NULL, NULL
             FROM team_members WHERE user_id ",
            $($users)*,
            " UNION ALL
             SELECT 4, user_id, since, NULL, NULL, origin, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
             FROM user_suspensions WHERE user_id ",
            $($users)*,
            " UNION ALL
             SELECT 9, user_id, entitlement_id, synced, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
             FROM user_entitlements WHERE user_id ",
            $($users)*,
            " UNION ALL
             SELECT 5, i.user_id, i.id, i.gone_at, i.reading, i.login, i.name, i.email, p.name, i.subject, i.grants,
                    i.group_ids, i.digest, i.grants_digest
             FROM identities i JOIN providers p ON p.id = i.provider_id WHERE i.user_id ",
            $($users)*
        )
    };
}

macro_rules! rows {
    ($texts:ident, $ints:ident) => {
        rows_of!($ints!(1))
    };
}

/// Everything about these users, each row with its kind in front. $1: user ids.
pub(super) const ROWS: Sql = both!(rows);

macro_rules! sqlite_who {
    () => {
        "IN (SELECT id FROM who)"
    };
}

macro_rules! postgres_who {
    () => {
        "= ANY (ARRAY(SELECT id FROM who))"
    };
}

// The groups that these users' identities are in.
macro_rules! sqlite_groups_of_who {
    () => {
        concat!(
            "IN (SELECT e.value FROM identities i, json_each(i.group_ids) AS e WHERE i.user_id ",
            sqlite_who!(),
            ")"
        )
    };
}

macro_rules! postgres_groups_of_who {
    () => {
        concat!(
            "= ANY (ARRAY(SELECT e.value::bigint FROM identities i
             CROSS JOIN LATERAL jsonb_array_elements_text(i.group_ids::jsonb) AS e (value) WHERE i.user_id ",
            postgres_who!(),
            "))"
        )
    };
}

// A `+` keeps SQLite from an index that has too many rows.
macro_rules! people_and_more {
    ($texts:ident, $who:ident, $groups_of_who:ident) => {
        concat!(
            "WITH who AS (SELECT user_id AS id FROM identities WHERE provider_id = (SELECT id FROM providers WHERE name = $1) AND subject ",
            $texts!(2),
            " UNION SELECT id FROM users WHERE login ",
            $texts!(3),
            ") ",
            rows_of!($who!()),
            " UNION ALL
             SELECT 6, id, gone_at, NULL, NULL, subject, dn, name, parents, NULL, NULL, NULL, NULL, NULL
             FROM provider_groups WHERE provider_id = (SELECT id FROM providers WHERE name = $1) AND subject ",
            $texts!(4),
            " UNION ALL
             SELECT 6, id, gone_at, NULL, NULL, subject, dn, name, parents, NULL, NULL, NULL, NULL, NULL
             FROM provider_groups WHERE +provider_id = (SELECT id FROM providers WHERE name = $1) AND id ",
            $groups_of_who!(),
            " UNION ALL
             SELECT 7, org_id, CAST(sum(removed) AS BIGINT), NULL, NULL, class, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
             FROM removals WHERE provider_id = (SELECT id FROM providers WHERE name = $1) AND at >= $5 AND approved = 0 GROUP BY class, org_id
             UNION ALL
             SELECT 8, r.identity_id, r.renewed_at, r.until, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
             FROM identities i JOIN renewals r ON r.identity_id = i.id
             WHERE r.ended_at IS NULL AND i.provider_id = (SELECT id FROM providers WHERE name = $1) AND i.user_id ",
            $who!(),
            " UNION ALL
             SELECT 10, u.id, NULL, NULL, NULL, u.login, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
             FROM users u WHERE u.id IN (SELECT for_user_id FROM entitlements WHERE for_user_id IS NOT NULL)"
        )
    };
}

/// Everything about users whom the identities belong to or who hold the logins, each row with its kind in
/// front; also 6: the groups that are named and those that these identities are in, some twice; 7: what was
/// removed since; 8: on what the leases rest of those of their identities that have any; 10: whom somebody acts for. $1: the provider's name, $2: subjects, $3: logins, $4: subjects of groups, $5: since when.
pub(super) const LOOK: Sql = Sql {
    sqlite: people_and_more!(sqlite_texts, sqlite_who, sqlite_groups_of_who),
    postgres: people_and_more!(postgres_texts, postgres_who, postgres_groups_of_who),
};

macro_rules! groups {
    ($texts:ident, $ints:ident) => {
        concat!(
            "SELECT 6, id, gone_at, NULL, NULL, subject, dn, name, parents FROM provider_groups
             WHERE +provider_id = $1 AND id ",
            $ints!(2)
        )
    };
}

/// The same of groups by their ids. $1: provider, $2: ids.
pub(super) const GROUPS: Sql = both!(groups);

macro_rules! lists {
    ($texts:ident, $ints:ident) => {
        concat!(
            "SELECT g.id, l.digest, g.subject FROM provider_groups g
             LEFT JOIN group_lists l ON l.group_id = g.id WHERE g.provider_id = $1 AND g.subject ",
            $texts!(2)
        )
    };
}

/// Groups, and the digests of who may be in them. $1: provider, $2: subjects.
pub(super) const LISTS: Sql = both!(lists);

macro_rules! admins {
    ($texts:ident, $ints:ident) => {
        concat!(
            "SELECT o.id, (SELECT m.user_id FROM org_members m JOIN users u ON u.id = m.user_id
                           WHERE m.org_id = o.id AND m.role = 'Admin' AND u.state = 'active' AND u.kind <> 'service' AND NOT m.user_id ",
            $ints!(2),
            " LIMIT 1)
             FROM orgs o WHERE o.id ",
            $ints!(1),
            " UNION ALL SELECT 0, (SELECT id FROM users WHERE server_admin = 1 AND state = 'active' AND kind <> 'service' AND NOT id ",
            $ints!(2),
            " LIMIT 1)"
        )
    };
}

/// For each organization, and for the installation (0), somebody else who is an active Admin and no service account.
/// $1: organizations, $2: users who don't count.
pub(super) const ADMINS: Sql = both!(admins);
