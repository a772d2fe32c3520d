-- What an application reads. docs/tables.md is the contract; keep both true.

CREATE TABLE orgs (
    id         BIGINT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

CREATE TABLE users (
    id           BIGINT PRIMARY KEY,
    login        TEXT NOT NULL UNIQUE,
    name         TEXT NOT NULL,
    email        TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'archived')),
    synced_admin BIGINT NOT NULL DEFAULT 0 CHECK (synced_admin IN (0, 1)),
    manual_admin BIGINT NOT NULL DEFAULT 0 CHECK (manual_admin IN (0, 1)),
    server_admin BIGINT GENERATED ALWAYS AS (GREATEST(synced_admin, manual_admin)) STORED,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX users_email ON users (email);

CREATE TABLE org_members (
    org_id      BIGINT NOT NULL REFERENCES orgs (id),
    user_id     BIGINT NOT NULL REFERENCES users (id),
    synced_role TEXT CHECK (synced_role IN ('None', 'Viewer', 'Editor', 'Admin')),
    manual_role TEXT CHECK (manual_role IN ('None', 'Viewer', 'Editor', 'Admin')),
    role        TEXT GENERATED ALWAYS AS (CASE
                    WHEN synced_role = 'Admin'  OR manual_role = 'Admin'  THEN 'Admin'
                    WHEN synced_role = 'Editor' OR manual_role = 'Editor' THEN 'Editor'
                    WHEN synced_role = 'Viewer' OR manual_role = 'Viewer' THEN 'Viewer'
                    ELSE 'None' END) STORED,
    PRIMARY KEY (org_id, user_id),
    CHECK (synced_role IS NOT NULL OR manual_role IS NOT NULL)
);
CREATE INDEX org_members_user ON org_members (user_id, org_id);

CREATE TABLE teams (
    id          BIGINT PRIMARY KEY,
    org_id      BIGINT NOT NULL REFERENCES orgs (id),
    name        TEXT NOT NULL,
    named_after BIGINT,
    created_at  BIGINT NOT NULL,
    UNIQUE (org_id, name)
);

CREATE TABLE team_members (
    team_id     BIGINT NOT NULL REFERENCES teams (id),
    user_id     BIGINT NOT NULL REFERENCES users (id),
    synced_role TEXT CHECK (synced_role IN ('member', 'admin')),
    manual_role TEXT CHECK (manual_role IN ('member', 'admin')),
    role        TEXT GENERATED ALWAYS AS (CASE
                    WHEN synced_role = 'admin' OR manual_role = 'admin' THEN 'admin'
                    ELSE 'member' END) STORED,
    PRIMARY KEY (team_id, user_id),
    CHECK (synced_role IS NOT NULL OR manual_role IS NOT NULL)
);
CREATE INDEX team_members_user ON team_members (user_id, team_id);

CREATE TABLE user_suspensions (
    user_id BIGINT NOT NULL REFERENCES users (id),
    origin  TEXT NOT NULL,
    reason  TEXT NOT NULL,
    since   BIGINT NOT NULL,
    PRIMARY KEY (user_id, origin)
);
