-- What a membership allows: roles as sets of permissions, who holds them, and what comes of it.
-- docs/tables.md is the contract; keep both true.

-- kind: `person`; `service`, an account that no provider knows and nobody logs in with; `break_glass`, a person whom
-- no run touches.
ALTER TABLE users ADD COLUMN kind TEXT NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service', 'break_glass'));

-- Memberships have a third owner: what provisioning files declare (`declared_role`).
CREATE TABLE new_org_members (
    org_id        INTEGER NOT NULL REFERENCES orgs (id),
    user_id       INTEGER NOT NULL REFERENCES users (id),
    synced_role   TEXT CHECK (synced_role IN ('None', 'Viewer', 'Editor', 'Admin')),
    manual_role   TEXT CHECK (manual_role IN ('None', 'Viewer', 'Editor', 'Admin')),
    declared_role TEXT CHECK (declared_role IN ('None', 'Viewer', 'Editor', 'Admin')),
    role          TEXT GENERATED ALWAYS AS (CASE
                      WHEN 'Admin'  IN (synced_role, manual_role, declared_role) THEN 'Admin'
                      WHEN 'Editor' IN (synced_role, manual_role, declared_role) THEN 'Editor'
                      WHEN 'Viewer' IN (synced_role, manual_role, declared_role) THEN 'Viewer'
                      ELSE 'None' END) VIRTUAL,
    PRIMARY KEY (org_id, user_id),
    CHECK (synced_role IS NOT NULL OR manual_role IS NOT NULL OR declared_role IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO new_org_members (org_id, user_id, synced_role, manual_role)
SELECT org_id, user_id, synced_role, manual_role FROM org_members ORDER BY org_id, user_id;
DROP TABLE org_members;
ALTER TABLE new_org_members RENAME TO org_members;
CREATE INDEX org_members_user ON org_members (user_id, org_id);

CREATE TABLE new_team_members (
    team_id       INTEGER NOT NULL REFERENCES teams (id),
    user_id       INTEGER NOT NULL REFERENCES users (id),
    synced_role   TEXT CHECK (synced_role IN ('member', 'admin')),
    manual_role   TEXT CHECK (manual_role IN ('member', 'admin')),
    declared_role TEXT CHECK (declared_role IN ('member', 'admin')),
    role          TEXT GENERATED ALWAYS AS (CASE
                      WHEN 'admin' IN (synced_role, manual_role, declared_role) THEN 'admin'
                      ELSE 'member' END) VIRTUAL,
    PRIMARY KEY (team_id, user_id),
    CHECK (synced_role IS NOT NULL OR manual_role IS NOT NULL OR declared_role IS NOT NULL)
) STRICT, WITHOUT ROWID;
INSERT INTO new_team_members (team_id, user_id, synced_role, manual_role)
SELECT team_id, user_id, synced_role, manual_role FROM team_members ORDER BY team_id, user_id;
DROP TABLE team_members;
ALTER TABLE new_team_members RENAME TO team_members;
CREATE INDEX team_members_user ON team_members (user_id, team_id);

-- org_id: NULL for every organization. A name is unique in its organization, and among those of every one. origin:
-- `builtin`, `file` or `manual`. version grows with each change. The first five are what memberships give by
-- themselves.
CREATE TABLE roles (
    id          INTEGER PRIMARY KEY,
    org_id      INTEGER REFERENCES orgs (id),
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('basic', 'fixed', 'custom', 'bundle')),
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    origin      TEXT NOT NULL CHECK (origin IN ('builtin', 'file', 'manual')),
    version     INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX roles_name ON roles (name, coalesce(org_id, 0));
INSERT INTO roles (id, org_id, name, kind, title, description, origin, version, updated_at) VALUES
    (1, NULL, 'basic:none', 'basic', 'None', 'Members of an organization who may do nothing by that alone', 'builtin', 1, 0),
    (2, NULL, 'basic:viewer', 'basic', 'Viewer', 'Viewers of an organization', 'builtin', 1, 0),
    (3, NULL, 'basic:editor', 'basic', 'Editor', 'Editors of an organization', 'builtin', 1, 0),
    (4, NULL, 'basic:admin', 'basic', 'Admin', 'Admins of an organization', 'builtin', 1, 0),
    (5, NULL, 'basic:server_admin', 'basic', 'Server admin', 'Server admins, in every organization', 'builtin', 1, 0);

-- What a role allows in the end, whatever it was made from; `basic:none` (1) nothing. A `*` at the end of action or scope stands for whatever
-- begins so; by itself for everything. parameters: JSON object of texts.
CREATE TABLE role_permissions (
    role_id    INTEGER NOT NULL REFERENCES roles (id) CHECK (role_id <> 1),
    action     TEXT NOT NULL CHECK (action <> ''),
    scope      TEXT NOT NULL CHECK (scope <> ''),
    parameters TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (role_id, action, scope)
) STRICT, WITHOUT ROWID;

-- Numbers that an application looks up: how much somebody may have of something.
CREATE TABLE role_limits (
    role_id INTEGER NOT NULL REFERENCES roles (id),
    name    TEXT NOT NULL,
    value   INTEGER NOT NULL,
    PRIMARY KEY (role_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE user_limits (
    user_id INTEGER NOT NULL REFERENCES users (id),
    name    TEXT NOT NULL,
    origin  TEXT NOT NULL CHECK (origin IN ('file', 'manual')),
    value   INTEGER NOT NULL,
    PRIMARY KEY (user_id, name, origin)
) STRICT, WITHOUT ROWID;

-- What can be held: a role in an organization (NULL: in every one), narrowed to a scope, with parameters; or to act
-- for somebody (for_user_id): in everything (scope `*`), or with the rights to what the scope names.
CREATE TABLE entitlements (
    id          INTEGER PRIMARY KEY,
    org_id      INTEGER REFERENCES orgs (id),
    role_id     INTEGER REFERENCES roles (id),
    for_user_id INTEGER REFERENCES users (id),
    scope       TEXT NOT NULL CHECK (scope <> ''),
    parameters  TEXT NOT NULL,
    CHECK ((role_id IS NULL) <> (for_user_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX entitlements_what
    ON entitlements (coalesce(role_id, 0), coalesce(for_user_id, 0), coalesce(org_id, 0), scope, parameters);
CREATE INDEX entitlements_for_user ON entitlements (for_user_id) WHERE for_user_id IS NOT NULL;
CREATE INDEX entitlements_role ON entitlements (role_id) WHERE role_id IS NOT NULL;

-- Who holds it. synced: 1 when rules give it. declared_until, manual_until: until when a provisioning file or
-- somebody's hand gives it; 253402300799999 for ever, NULL when it does not. until: the last of these; computed.
CREATE TABLE user_entitlements (
    entitlement_id INTEGER NOT NULL REFERENCES entitlements (id),
    user_id        INTEGER NOT NULL REFERENCES users (id),
    synced         INTEGER NOT NULL DEFAULT 0 CHECK (synced IN (0, 1)),
    declared_until INTEGER,
    manual_until   INTEGER,
    until          INTEGER GENERATED ALWAYS AS (CASE WHEN synced = 1 THEN 253402300799999
                       ELSE max(coalesce(declared_until, 0), coalesce(manual_until, 0)) END) VIRTUAL,
    PRIMARY KEY (entitlement_id, user_id),
    CHECK (synced = 1 OR declared_until IS NOT NULL OR manual_until IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_entitlements_user ON user_entitlements (user_id, entitlement_id);
CREATE TABLE team_entitlements (
    entitlement_id INTEGER NOT NULL REFERENCES entitlements (id),
    team_id        INTEGER NOT NULL REFERENCES teams (id),
    declared_until INTEGER,
    manual_until   INTEGER,
    until          INTEGER GENERATED ALWAYS AS
                       (max(coalesce(declared_until, 0), coalesce(manual_until, 0))) VIRTUAL,
    PRIMARY KEY (entitlement_id, team_id),
    CHECK (declared_until IS NOT NULL OR manual_until IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_entitlements_team ON team_entitlements (team_id, entitlement_id);
-- By everybody who is a member of the organization.
CREATE TABLE org_entitlements (
    entitlement_id INTEGER NOT NULL REFERENCES entitlements (id),
    org_id         INTEGER NOT NULL REFERENCES orgs (id),
    declared_until INTEGER,
    manual_until   INTEGER,
    until          INTEGER GENERATED ALWAYS AS
                       (max(coalesce(declared_until, 0), coalesce(manual_until, 0))) VIRTUAL,
    PRIMARY KEY (entitlement_id, org_id),
    CHECK (declared_until IS NOT NULL OR manual_until IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX org_entitlements_org ON org_entitlements (org_id, entitlement_id);

-- What names in provisioning files meant when they were last applied: kind `org`, `team` (in org_id) or `user`, and its
-- id. What is called otherwise since is meant still; where something else has the name, what files give is held.
CREATE TABLE declared_names (
    kind   TEXT NOT NULL CHECK (kind IN ('org', 'team', 'user')),
    org_id INTEGER NOT NULL,
    name   TEXT NOT NULL,
    id     INTEGER NOT NULL,
    PRIMARY KEY (kind, org_id, name)
) STRICT, WITHOUT ROWID;

-- Tokens of service accounts. hash: SHA-256 of the token. A token that was rotated counts until expires_at, which is
-- brought forward.
CREATE TABLE service_tokens (
    id           TEXT PRIMARY KEY,
    user_id      INTEGER NOT NULL REFERENCES users (id),
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    created_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX service_tokens_user ON service_tokens (user_id);

-- Who may act for whom, in which organization (NULL: in every one): in everything (scope `*`), which they do in the
-- other's name; or in their own name with the other's rights to what the scope names. In an organization both must be
-- members. until: the last moment of it.
CREATE VIEW delegations AS
SELECT ue.user_id, e.for_user_id, e.org_id, e.scope, e.id AS entitlement_id, ue.until
FROM user_entitlements ue
JOIN entitlements e ON e.id = ue.entitlement_id
JOIN users u ON u.id = ue.user_id
JOIN users f ON f.id = e.for_user_id
WHERE e.for_user_id IS NOT NULL AND u.state = 'active' AND f.state = 'active'
  AND ue.until > CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
  AND (e.org_id IS NULL OR EXISTS (SELECT 1 FROM org_members m WHERE m.org_id = e.org_id AND m.user_id = ue.user_id));

-- Every role that an active account holds itself, with how: by membership alone (`basic`), as a server admin, by itself
-- (`user`), through a team, or as everybody in the organization (`org`). org_id: NULL for every organization. A role
-- in an organization is its members' only. nearness: 0 for what is somebody's own, 1 for a team's or an organization's.
-- until: when it ends by itself; 253402300799999 for never.
-- The parts give each column the same type by name: only then does SQLite look into them with what it looks for.
CREATE VIEW own_roles AS
SELECT m.user_id, m.org_id,
       CAST(CASE m.role WHEN 'Admin' THEN 4 WHEN 'Editor' THEN 3 WHEN 'Viewer' THEN 2 ELSE 1 END AS INTEGER) AS role_id,
       CAST('*' AS TEXT) AS scope, CAST('{}' AS TEXT) AS parameters, 0 AS nearness, 'basic' AS source,
       CAST(NULL AS INTEGER) AS team_id, CAST(NULL AS INTEGER) AS entitlement_id,
       CAST(253402300799999 AS INTEGER) AS until
FROM users u
JOIN org_members m ON m.user_id = u.id
WHERE u.state = 'active'
UNION ALL
SELECT u.id, CAST(NULL AS INTEGER), CAST(5 AS INTEGER), CAST('*' AS TEXT), CAST('{}' AS TEXT), 0, 'server_admin',
       CAST(NULL AS INTEGER), CAST(NULL AS INTEGER), CAST(253402300799999 AS INTEGER)
FROM users u
WHERE u.state = 'active' AND u.server_admin = 1
UNION ALL
SELECT ue.user_id, e.org_id, e.role_id, e.scope, e.parameters, 0, 'user', CAST(NULL AS INTEGER), e.id, ue.until
FROM users u
JOIN user_entitlements ue ON ue.user_id = u.id
JOIN entitlements e ON e.id = ue.entitlement_id
WHERE u.state = 'active' AND e.role_id IS NOT NULL
  AND ue.until > CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
  AND (e.org_id IS NULL OR EXISTS (SELECT 1 FROM org_members m WHERE m.org_id = e.org_id AND m.user_id = ue.user_id))
UNION ALL
SELECT tm.user_id, t.org_id, e.role_id, e.scope, e.parameters, 1, 'team', t.id, e.id, te.until
FROM users u
JOIN team_members tm ON tm.user_id = u.id
JOIN teams t ON t.id = tm.team_id
JOIN org_members m ON m.org_id = t.org_id AND m.user_id = tm.user_id
JOIN team_entitlements te ON te.team_id = tm.team_id
JOIN entitlements e ON e.id = te.entitlement_id
WHERE u.state = 'active' AND e.role_id IS NOT NULL AND e.org_id = t.org_id
  AND te.until > CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)
UNION ALL
SELECT m.user_id, m.org_id, e.role_id, e.scope, e.parameters, 1, 'org', CAST(NULL AS INTEGER), e.id, oe.until
FROM users u
JOIN org_members m ON m.user_id = u.id
JOIN org_entitlements oe ON oe.org_id = m.org_id
JOIN entitlements e ON e.id = oe.entitlement_id
WHERE u.state = 'active' AND e.role_id IS NOT NULL AND e.org_id = m.org_id
  AND oe.until > CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER);

-- The same with what an account has because it stands in for somebody (from_user_id: whose it is), narrowed to the
-- organization and the scope in which it does. A pattern covers another when its text is the other's as far as it goes
-- before its `*`.
CREATE VIEW held_roles AS
SELECT user_id, org_id, role_id, scope, parameters, nearness, source, team_id, entitlement_id, user_id AS from_user_id,
       until
FROM own_roles
UNION ALL
SELECT d.user_id, CAST(coalesce(o.org_id, d.org_id) AS INTEGER), o.role_id,
       CAST(CASE WHEN d.scope = substr(o.scope, 1, length(d.scope) - 1) || '*' THEN o.scope ELSE d.scope END AS TEXT),
       o.parameters, o.nearness, o.source, o.team_id, o.entitlement_id, d.for_user_id,
       CAST(min(d.until, o.until) AS INTEGER)
FROM delegations d
CROSS JOIN own_roles o
WHERE o.user_id = d.for_user_id AND d.scope <> '*'
  AND (d.org_id IS NULL OR o.org_id IS NULL OR o.org_id = d.org_id)
  AND (o.org_id IS NULL OR EXISTS (SELECT 1 FROM org_members m WHERE m.org_id = o.org_id AND m.user_id = d.user_id))
  AND (o.scope = d.scope OR d.scope = substr(o.scope, 1, length(d.scope) - 1) || '*'
       OR o.scope = substr(d.scope, 1, length(o.scope) - 1) || '*');

-- All that an active account may do: each permission of each role it holds, narrowed to the scope in which it holds
-- that; what is not in both scopes is not there. parameters: of what is held, as near as nearness says; those of the
-- role (role_parameters) are farther than any.
CREATE VIEW effective_permissions AS
SELECT h.user_id, h.org_id, p.action,
       CASE WHEN h.scope = substr(p.scope, 1, length(h.scope) - 1) || '*' THEN p.scope ELSE h.scope END AS scope,
       h.parameters, h.nearness, p.parameters AS role_parameters,
       h.role_id, h.source, h.team_id, h.entitlement_id, h.from_user_id, h.until
FROM held_roles h
JOIN role_permissions p ON p.role_id = h.role_id
WHERE p.scope = h.scope OR h.scope = substr(p.scope, 1, length(h.scope) - 1) || '*'
   OR p.scope = substr(h.scope, 1, length(p.scope) - 1) || '*';

-- Somebody's limits: their own, by hand before by file; else those of the roles that they hold themselves. Where there are
-- several of a name the highest counts; whoever asks says so, because only then a database looks at one person's alone.
CREATE VIEW effective_limits AS
SELECT l.user_id, CAST(NULL AS INTEGER) AS org_id, l.name, l.value
FROM user_limits l JOIN users u ON u.id = l.user_id
WHERE u.state = 'active'
  AND (l.origin = 'manual'
       OR NOT EXISTS (SELECT 1 FROM user_limits x WHERE x.user_id = l.user_id AND x.name = l.name AND x.origin = 'manual'))
UNION ALL
SELECT o.user_id, o.org_id, rl.name, rl.value
FROM own_roles o
JOIN role_limits rl ON rl.role_id = o.role_id
WHERE NOT EXISTS (SELECT 1 FROM user_limits l WHERE l.user_id = o.user_id AND l.name = rl.name);

-- What provisioning files declare is little, and found without looking at all the rest.
CREATE INDEX org_members_declared ON org_members (user_id, org_id) WHERE declared_role IS NOT NULL;
CREATE INDEX team_members_declared ON team_members (user_id, team_id) WHERE declared_role IS NOT NULL;
CREATE INDEX user_entitlements_declared ON user_entitlements (user_id, entitlement_id) WHERE declared_until IS NOT NULL;
CREATE INDEX users_not_people ON users (id) WHERE kind <> 'person';

-- Rules give entitlements too: `["entitlement", entitlement id, null, rule id, group id or null]`.
DROP VIEW grants;
CREATE VIEW grants AS
SELECT i.user_id                                          AS user_id,
       json_extract(g.value, '$[0]')                      AS kind,
       CASE json_extract(g.value, '$[0]') WHEN 'org'  THEN json_extract(g.value, '$[1]') END AS org_id,
       CASE json_extract(g.value, '$[0]') WHEN 'team' THEN json_extract(g.value, '$[1]') END AS team_id,
       json_extract(g.value, '$[2]')                      AS role,
       p.name                                             AS provider,
       r.name                                             AS rule,
       pg.name                                            AS provider_group,
       pg.dn                                              AS provider_group_dn,
       CASE json_extract(g.value, '$[0]') WHEN 'entitlement' THEN json_extract(g.value, '$[1]') END AS entitlement_id
FROM identities i
JOIN providers p ON p.id = i.provider_id
JOIN json_each(i.grants) g
LEFT JOIN rules r ON r.id = json_extract(g.value, '$[3]')
LEFT JOIN provider_groups pg ON pg.id = json_extract(g.value, '$[4]');

-- Whoever keeps a copy of organizations, teams and rules' names keeps these too.
CREATE TRIGGER roles_structure_insert AFTER INSERT ON roles
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER roles_structure_update AFTER UPDATE ON roles
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER roles_structure_delete AFTER DELETE ON roles
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER entitlements_structure_insert AFTER INSERT ON entitlements
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER entitlements_structure_update AFTER UPDATE ON entitlements
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER entitlements_structure_delete AFTER DELETE ON entitlements
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;

-- The largest numbers of roles and entitlements that are gone: none is given twice, so that what audit records and
-- clients say of one is never taken for another.
ALTER TABLE state ADD COLUMN last_role INTEGER NOT NULL DEFAULT 0;
ALTER TABLE state ADD COLUMN last_entitlement INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER roles_gone AFTER DELETE ON roles
BEGIN
    UPDATE state SET last_role = max(last_role, old.id) WHERE one = 1;
END;
CREATE TRIGGER entitlements_gone AFTER DELETE ON entitlements
BEGIN
    UPDATE state SET last_entitlement = max(last_entitlement, old.id) WHERE one = 1;
END;
