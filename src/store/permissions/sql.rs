//! What is asked of the views, word for word. `docs/tables.md` shows applications the same text.

use super::super::session::Sql;

/// The condition under which a row of `effective_permissions` allows what is asked for, to that scope.
macro_rules! allowed {
    ($user:literal, $org:literal, $action:literal) => {
        concat!(
            "p.user_id = ",
            $user,
            "
  AND coalesce(p.org_id, ",
            $org,
            ") = ",
            $org,
            "
  AND (p.action = ",
            $action,
            " OR p.action = substr(",
            $action,
            ", 1, length(p.action) - 1) || '*')"
        )
    };
    ($user:literal, $org:literal, $action:literal, $scope:literal) => {
        concat!(
            allowed!($user, $org, $action),
            "
  AND (p.scope = ",
            $scope,
            " OR p.scope = substr(",
            $scope,
            ", 1, length(p.scope) - 1) || '*')"
        )
    };
}

macro_rules! question {
    ($condition:expr) => {
        concat!("SELECT p.parameters, p.nearness, p.role_parameters\nFROM effective_permissions p\nWHERE ", $condition)
    };
}

/// May this person do this? $1: `users.id`, $2: `orgs.id`, or 0 for every organization, $3: the action, $4: the scope.
/// No row: no.
pub const MAY: &str = question!(allowed!("$1", "$2", "$3", "$4"));

/// The same, to anything at all.
pub(super) const MAY_ANYTHING: &str = question!(allowed!("$1", "$2", "$3"));

/// Both again without what somebody has because they stand in for others: what counts when others act for them.
pub(super) const MAY_THEMSELVES: &str =
    concat!(question!(allowed!("$1", "$2", "$3", "$4")), "\n  AND p.from_user_id = $1");
pub(super) const MAY_ANYTHING_THEMSELVES: &str =
    concat!(question!(allowed!("$1", "$2", "$3")), "\n  AND p.from_user_id = $1");

/// The same of many, in one message. $1: JSON, a list of `[user, organization, action, scope or null, themselves]`; each
/// row says first which of them it answers, from 1 on. The scope of nothing is covered by the scope of everything.
pub(super) const MANY: &str = concat!(
    "SELECT q.n, x.parameters, x.nearness, x.role_parameters
FROM (SELECT n, (e ->> 0)::bigint AS user_id, (e ->> 1)::bigint AS org_id, e ->> 2 AS action, e ->> 3 AS scope,
             (e ->> 4)::bigint AS own
      FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS asked (e, n)) q
CROSS JOIN LATERAL (
SELECT p.parameters, p.nearness, p.role_parameters, p.scope, p.from_user_id
FROM effective_permissions p
WHERE ",
    allowed!("q.user_id", "q.org_id", "q.action"),
    "
  AND (q.scope IS NULL OR p.scope = q.scope OR p.scope = substr(q.scope, 1, length(p.scope) - 1) || '*')
  AND (q.own = 0 OR p.from_user_id = q.user_id)
OFFSET 0) x"
);

/// Who these are: $1 is a JSON list of logins.
pub(super) const USERS: Sql = Sql {
    sqlite: "SELECT u.login, u.id FROM json_each($1) q JOIN users u ON u.login = q.value",
    postgres: "SELECT u.login, u.id FROM jsonb_array_elements_text($1::jsonb) q (value) JOIN users u ON u.login = q.value",
};

/// The same of organizations.
pub(super) const ORGS: Sql = Sql {
    sqlite: "SELECT o.name, o.id FROM json_each($1) q JOIN orgs o ON o.name = q.value",
    postgres: "SELECT o.name, o.id FROM jsonb_array_elements_text($1::jsonb) q (value) JOIN orgs o ON o.name = q.value",
};

/// Whether $1 may act for $2 there ($3; 0 for every organization), in the other's name: both are members.
pub(super) const ACTS_FOR: &str = "SELECT 1 FROM delegations d
WHERE d.user_id = $1 AND d.for_user_id = $2 AND d.scope = '*' AND coalesce(d.org_id, $3) = $3
  AND ($3 = 0 OR EXISTS (SELECT 1 FROM org_members m WHERE m.org_id = $3 AND m.user_id = $1)) LIMIT 1";

/// Whether anybody has a limit of anything.
pub(super) const ANY_LIMITS: &str =
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM role_limits) OR EXISTS (SELECT 1 FROM user_limits)";

/// How much somebody may have there.
pub const LIMITS: &str = "SELECT l.name, max(l.value) FROM effective_limits l
WHERE l.user_id = $1 AND coalesce(l.org_id, $2) = $2 GROUP BY l.name";

/// All that somebody may do, with names.
pub(super) const EFFECTIVE: &str =
    "SELECT p.org_id, o.name, p.action, p.scope, p.parameters, p.nearness, p.role_parameters,
       p.role_id, r.name, p.source, p.team_id, t.name, p.entitlement_id, p.from_user_id, p.until
FROM effective_permissions p
JOIN roles r ON r.id = p.role_id
LEFT JOIN orgs o ON o.id = p.org_id
LEFT JOIN teams t ON t.id = p.team_id
WHERE p.user_id = $1";
