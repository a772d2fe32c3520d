-- What following a provider's changes needs.

-- Until where a provider's changes have been read, in its own words.
CREATE TABLE feeds (
    provider TEXT PRIMARY KEY,
    cursor   TEXT NOT NULL
) STRICT;

-- Who may be in a provider's group: with whom a change of the group is compared. members: ids of identities,
-- packed (docs/ARCHITECTURE.md, "Following changes"). digest: of those bytes. Who is in which group stands in
-- `identities`.
CREATE TABLE group_lists (
    group_id    INTEGER PRIMARY KEY REFERENCES provider_groups (id),
    provider_id INTEGER NOT NULL REFERENCES providers (id),
    members     BLOB NOT NULL,
    digest      INTEGER NOT NULL
) STRICT;
CREATE INDEX group_lists_provider ON group_lists (provider_id);

-- Who may be in it besides, since that was written.
CREATE TABLE group_joins (
    group_id    INTEGER NOT NULL REFERENCES provider_groups (id),
    identity_id INTEGER NOT NULL,
    provider_id INTEGER NOT NULL REFERENCES providers (id),
    PRIMARY KEY (group_id, identity_id)
) STRICT;
CREATE INDEX group_joins_provider ON group_joins (provider_id);
