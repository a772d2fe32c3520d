-- What following a provider's changes needs.

-- Until where a provider's changes have been read, in its own words.
CREATE TABLE feeds (
    provider TEXT PRIMARY KEY,
    cursor   TEXT NOT NULL
);

-- Who may be in a provider's group: with whom a change of the group is compared. members: ids of identities,
-- packed (docs/ARCHITECTURE.md, "Following changes"). digest: of those bytes. Who is in which group stands in
-- `identities`.
CREATE TABLE group_lists (
    group_id    BIGINT PRIMARY KEY REFERENCES provider_groups (id),
    provider_id BIGINT NOT NULL REFERENCES providers (id),
    members     BYTEA NOT NULL,
    digest      BIGINT NOT NULL
);
CREATE INDEX group_lists_provider ON group_lists (provider_id);

-- Who may be in it besides, since that was written.
CREATE TABLE group_joins (
    group_id    BIGINT NOT NULL REFERENCES provider_groups (id),
    identity_id BIGINT NOT NULL,
    provider_id BIGINT NOT NULL REFERENCES providers (id),
    PRIMARY KEY (group_id, identity_id)
);
CREATE INDEX group_joins_provider ON group_joins (provider_id);
