-- What a daemon needs, alone or one of several.

-- In which order providers were asked: each reading draws a number before it asks. An older reading
-- never overwrites what a newer one said (docs/ARCHITECTURE.md, "In which order things were seen").
ALTER TABLE identities ADD COLUMN reading INTEGER NOT NULL DEFAULT 0;

-- base: JSON, what this provider's people had when it was last read in full, by class and
-- organization: what the limits' shares are shares of when one person is looked at.
ALTER TABLE providers ADD COLUMN base TEXT;

-- Counts changes to the tables that every look at a person needs whole: organizations, teams,
-- rules' names. Whoever keeps a copy compares this one number.
CREATE TABLE structure (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO structure (one, version) VALUES (1, 0);
CREATE TRIGGER orgs_structure_insert AFTER INSERT ON orgs
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER orgs_structure_update AFTER UPDATE ON orgs
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER orgs_structure_delete AFTER DELETE ON orgs
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER teams_structure_insert AFTER INSERT ON teams
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER teams_structure_update AFTER UPDATE ON teams
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER teams_structure_delete AFTER DELETE ON teams
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER rules_structure_insert AFTER INSERT ON rules
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER rules_structure_update AFTER UPDATE ON rules
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;
CREATE TRIGGER rules_structure_delete AFTER DELETE ON rules
BEGIN
    UPDATE structure SET version = version + 1 WHERE one = 1;
END;

-- Which replica reads a provider in full. epoch grows with each take-over; a write under an older
-- one is refused. expires_at: milliseconds of the database's own clock. reading: the newest full
-- reading that was finished, whether or not it changed anything.
CREATE TABLE leases (
    provider   TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    epoch      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    reading    INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Runs that somebody asked for. outcome: JSON, once it is finished.
CREATE TABLE run_requests (
    id          TEXT PRIMARY KEY,
    provider    TEXT NOT NULL,
    trigger     TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    started_at  INTEGER,
    finished_at INTEGER,
    outcome     TEXT
) STRICT;
CREATE INDEX run_requests_open ON run_requests (provider, asked_at) WHERE finished_at IS NULL;
-- At most one waits for each provider: whoever asks again means that one.
CREATE UNIQUE INDEX run_requests_waiting ON run_requests (provider) WHERE started_at IS NULL;
CREATE INDEX run_requests_asked ON run_requests (asked_at);

-- What login hooks delivered. login: JSON, who it is about (and claims, of a signed source), never
-- the body itself. body_hash: SHA-256 of the body. state: pending, done, failed. person: by what
-- they are looked for, as one text. event_at: when the sender says it was, where it says claims:
-- of two, the later one counts.
CREATE TABLE deliveries (
    id          TEXT PRIMARY KEY,
    hook        TEXT NOT NULL,
    sender_id   TEXT NOT NULL,
    body_hash   BLOB NOT NULL,
    event       TEXT NOT NULL,
    provider    TEXT NOT NULL,
    person      TEXT NOT NULL,
    login       TEXT NOT NULL,
    event_at    INTEGER,
    received_at INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    -- Until when somebody works on it, or before which it is not tried again.
    not_before  INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER,
    outcome     TEXT,
    UNIQUE (hook, sender_id)
) STRICT;
CREATE INDEX deliveries_pending ON deliveries (not_before) WHERE state = 'pending';
CREATE INDEX deliveries_received ON deliveries (received_at);
CREATE INDEX deliveries_claims ON deliveries (provider, person, event_at) WHERE event_at IS NOT NULL;

-- Tokens of the API. hash: SHA-256 of the token. scopes: JSON array.
CREATE TABLE api_tokens (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    scopes       TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at   INTEGER
) STRICT;

-- Answers to requests with an Idempotency-Key, by token and key. request_hash: SHA-256 of method,
-- path and body.
CREATE TABLE idempotency_keys (
    token        TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    status       INTEGER,
    answer       TEXT,
    PRIMARY KEY (token, key)
) STRICT;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- Under which lease a run wrote; NULL for a command and for a few people.
ALTER TABLE runs ADD COLUMN epoch INTEGER;
