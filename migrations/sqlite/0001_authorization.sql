-- What an application reads. docs/tables.md is the contract; keep both true.

CREATE TABLE orgs (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
    id           INTEGER PRIMARY KEY,
    login        TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    email        TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'archived')),
    synced_admin INTEGER NOT NULL DEFAULT 0 CHECK (synced_admin IN (0, 1)),
    manual_admin INTEGER NOT NULL DEFAULT 0 CHECK (manual_admin IN (0, 1)),
    server_admin INTEGER GENERATED ALWAYS AS (max(synced_admin, manual_admin)) VIRTUAL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX users_email ON users (email);

CREATE TABLE org_members (
    org_id      INTEGER NOT NULL REFERENCES orgs (id),
    user_id     INTEGER NOT NULL REFERENCES users (id),
    synced_role TEXT CHECK (synced_role IN ('None', 'Viewer', 'Editor', 'Admin')),
    manual_role TEXT CHECK (manual_role IN ('None', 'Viewer', 'Editor', 'Admin')),
    role        TEXT GENERATED ALWAYS AS (CASE
                    WHEN synced_role = 'Admin'  OR manual_role = 'Admin'  THEN 'Admin'
                    WHEN synced_role = 'Editor' OR manual_role = 'Editor' THEN 'Editor'
                    WHEN synced_role = 'Viewer' OR manual_role = 'Viewer' THEN 'Viewer'
                    ELSE 'None' END) VIRTUAL,
    PRIMARY KEY (org_id, user_id),
    CHECK (synced_role IS NOT NULL OR manual_role IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX org_members_user ON org_members (user_id, org_id);

CREATE TABLE teams (
    id          INTEGER PRIMARY KEY,
    org_id      INTEGER NOT NULL REFERENCES orgs (id),
    name        TEXT NOT NULL,
    named_after INTEGER,
    created_at  INTEGER NOT NULL,
    UNIQUE (org_id, name)
) STRICT;

CREATE TABLE team_members (
    team_id     INTEGER NOT NULL REFERENCES teams (id),
    user_id     INTEGER NOT NULL REFERENCES users (id),
    synced_role TEXT CHECK (synced_role IN ('member', 'admin')),
    manual_role TEXT CHECK (manual_role IN ('member', 'admin')),
    role        TEXT GENERATED ALWAYS AS (CASE
                    WHEN synced_role = 'admin' OR manual_role = 'admin' THEN 'admin'
                    ELSE 'member' END) VIRTUAL,
    PRIMARY KEY (team_id, user_id),
    CHECK (synced_role IS NOT NULL OR manual_role IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_user ON team_members (user_id, team_id);

CREATE TABLE user_suspensions (
    user_id INTEGER NOT NULL REFERENCES users (id),
    origin  TEXT NOT NULL,
    reason  TEXT NOT NULL,
    since   INTEGER NOT NULL,
    PRIMARY KEY (user_id, origin)
) STRICT, WITHOUT ROWID;
