//! The data, in SQL that both databases take, and questions about it.

/// What is asked.
pub(crate) struct Question {
    pub(crate) user: i64,
    pub(crate) org: i64,
    pub(crate) action: String,
    pub(crate) scope: String,
}

/// Numbers from 1 to so many.
fn numbers(name: &str, most: u32) -> String {
    format!(
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {most}) SELECT i AS {name} FROM n) AS n_{name}"
    )
}

/// Everything: of each person three memberships and five entitlements.
pub(crate) fn statements(people: u32) -> String {
    let (users, orgs, teams) = (numbers("u", people), numbers("o", 100), numbers("t", 2000));
    let (roles, each, held) = (numbers("r", 200), numbers("k", 10), numbers("e", 10_000));
    let three = "(SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2) AS three";
    let five = "(SELECT 0 AS k, 0 AS j UNION ALL SELECT 0, 1 UNION ALL SELECT 1, 0 UNION ALL SELECT 1, 1 UNION ALL SELECT 2, 0) AS five";
    let org = "(1 + (u * 7 + k * 31) % 100)";
    format!(
        "INSERT INTO orgs (id, name, created_at) SELECT o, 'o' || o, 1 FROM {orgs};
         INSERT INTO users (id, login, name, email, state, created_at, updated_at)
             SELECT u, 'u' || u, '', '', 'active', 1, 1 FROM {users};
         INSERT INTO org_members (org_id, user_id, synced_role)
             SELECT {org}, u, CASE (u + k) % 3 WHEN 0 THEN 'Viewer' WHEN 1 THEN 'Editor' ELSE 'Admin' END FROM {users}, {three};
         INSERT INTO teams (id, org_id, name, created_at) SELECT t, 1 + (t - 1) % 100, 't' || t, 1 FROM {teams};
         INSERT INTO team_members (team_id, user_id, synced_role)
             SELECT ((u + k) % 20) * 100 + {org}, u, 'member' FROM {users}, {three} WHERE (u + k) % 10 < 7;
         INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at)
             SELECT 5 + r, NULL, 'role-' || r, 'custom', '', '', 'file', 1, 1 FROM {roles};
         INSERT INTO role_permissions (role_id, action, scope)
             SELECT DISTINCT 1 + r, 'a' || (r * k * 7 % 100) || CASE k % 3 WHEN 0 THEN ':*' ELSE ':read' END,
                    CASE k % 5 WHEN 0 THEN '*' WHEN 1 THEN 'folders:*' ELSE 'folders:' || (k * r % 50) END
             FROM {roles}, {each};
         INSERT INTO role_limits (role_id, name, value) SELECT 5 + r, 'exports', r FROM {roles};
         INSERT INTO entitlements (id, org_id, role_id, scope, parameters)
             SELECT e, 1 + (e - 1) % 100, 6 + e % 195, CASE e % 3 WHEN 0 THEN '*' WHEN 1 THEN 'folders:*' ELSE 'folders:' || (e % 50) END,
                    '{{\"row\":\"' || e || '\"}}' FROM {held};
         INSERT INTO user_entitlements (entitlement_id, user_id, synced)
             SELECT ((u + j * 13) % 100) * 100 + {org}, u, 1 FROM {users}, {five};
         INSERT INTO team_entitlements (entitlement_id, team_id, declared_until)
             SELECT (t % 100) * 100 + 1 + (t - 1) % 100, t, 253402300799999 FROM {teams};
         INSERT INTO org_entitlements (entitlement_id, org_id, declared_until) SELECT 4200 + o, o, 253402300799999 FROM {orgs};"
    )
}

/// One of many, always the same by its number: nine of ten in an organization of theirs.
pub(crate) fn question(n: u32, people: u32) -> Question {
    let user = i64::from(1 + n.wrapping_mul(7919) % people);
    let (k, n) = (i64::from(n % 3), i64::from(n));
    let org = if n % 10 == 9 { 1 + (user + n) % 100 } else { 1 + (user * 7 + k * 31) % 100 };
    Question { user, org, action: format!("a{}:read", n * 37 % 100), scope: format!("folders:{}", n / 7 % 50) }
}

/// The same question by hand: no patterns, nobody stands in for anybody, nothing for every organization. That it says yes
/// less often than the view is what patterns give. The moment is any before for ever.
pub(crate) const BY_HAND: &str = "
SELECT '{}' FROM users u JOIN org_members m ON m.user_id = u.id AND m.org_id = $2
JOIN role_permissions p ON p.role_id = CASE m.role WHEN 'Admin' THEN 4 WHEN 'Editor' THEN 3 WHEN 'Viewer' THEN 2 ELSE 1 END
WHERE u.id = $1 AND u.state = 'active' AND p.action = $3 AND p.scope = $4
UNION ALL
SELECT e.parameters FROM users u JOIN user_entitlements h ON h.user_id = u.id
JOIN entitlements e ON e.id = h.entitlement_id AND e.org_id = $2 JOIN role_permissions p ON p.role_id = e.role_id
JOIN org_members m ON m.user_id = u.id AND m.org_id = e.org_id
WHERE u.id = $1 AND u.state = 'active' AND p.action = $3 AND p.scope = $4 AND h.until > 1700000000000
UNION ALL
SELECT e.parameters FROM users u JOIN team_members t ON t.user_id = u.id JOIN team_entitlements h ON h.team_id = t.team_id
JOIN entitlements e ON e.id = h.entitlement_id AND e.org_id = $2 JOIN role_permissions p ON p.role_id = e.role_id
JOIN org_members m ON m.user_id = u.id AND m.org_id = e.org_id
WHERE u.id = $1 AND u.state = 'active' AND p.action = $3 AND p.scope = $4 AND h.until > 1700000000000
UNION ALL
SELECT e.parameters FROM users u JOIN org_members m ON m.user_id = u.id AND m.org_id = $2
JOIN org_entitlements h ON h.org_id = m.org_id JOIN entitlements e ON e.id = h.entitlement_id
JOIN role_permissions p ON p.role_id = e.role_id
WHERE u.id = $1 AND u.state = 'active' AND p.action = $3 AND p.scope = $4 AND h.until > 1700000000000";
