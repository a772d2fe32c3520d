-- What was seen, and why somebody has what they have.

CREATE TABLE providers (
    id         INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    applied_at INTEGER
) STRICT;

CREATE TABLE rules (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- parents: JSON array of provider_groups.id, ascending.
CREATE TABLE provider_groups (
    id          INTEGER PRIMARY KEY,
    provider_id INTEGER NOT NULL REFERENCES providers (id),
    subject     TEXT NOT NULL,
    dn          TEXT NOT NULL,
    name        TEXT NOT NULL,
    parents     TEXT NOT NULL,
    gone_at     INTEGER,
    UNIQUE (provider_id, subject)
) STRICT;

-- group_ids: JSON array of the groups this identity is in directly, ascending.
-- grants: JSON array of what the provider gives through it, each
--   ["org", org id, role, rule id, group id or null]
--   ["team", team id, role, rule id, group id or null]
--   ["server_admin", null, null, rule id, group id or null]
-- as one text, because a person's grants are always written and read together; the view
-- `grants` shows them a row each.
CREATE TABLE identities (
    id            INTEGER PRIMARY KEY,
    provider_id   INTEGER NOT NULL REFERENCES providers (id),
    subject       TEXT NOT NULL,
    user_id       INTEGER NOT NULL REFERENCES users (id),
    dn            TEXT NOT NULL,
    login         TEXT NOT NULL,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL,
    group_ids     TEXT NOT NULL,
    grants        TEXT NOT NULL,
    digest        INTEGER NOT NULL,
    grants_digest INTEGER NOT NULL,
    observed_at   INTEGER NOT NULL,
    gone_at       INTEGER
) STRICT;
CREATE UNIQUE INDEX identities_subject ON identities (provider_id, subject);
CREATE INDEX identities_user ON identities (user_id);

CREATE VIEW grants AS
SELECT i.user_id                                          AS user_id,
       json_extract(g.value, '$[0]')                      AS kind,
       CASE json_extract(g.value, '$[0]') WHEN 'org'  THEN json_extract(g.value, '$[1]') END AS org_id,
       CASE json_extract(g.value, '$[0]') WHEN 'team' THEN json_extract(g.value, '$[1]') END AS team_id,
       json_extract(g.value, '$[2]')                      AS role,
       p.name                                             AS provider,
       r.name                                             AS rule,
       pg.name                                            AS provider_group,
       pg.dn                                              AS provider_group_dn
FROM identities i
JOIN providers p ON p.id = i.provider_id
JOIN json_each(i.grants) g
LEFT JOIN rules r ON r.id = json_extract(g.value, '$[3]')
LEFT JOIN provider_groups pg ON pg.id = json_extract(g.value, '$[4]');
