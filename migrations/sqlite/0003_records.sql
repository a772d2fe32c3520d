-- What was done, what waits, and the proof of both.

-- One row. `generation` counts the writes, so that a plan that rests on an older state is refused.
-- `audit_seq` is the last audit record's number, so that a trail whose end is missing is noticed.
CREATE TABLE state (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    generation INTEGER NOT NULL,
    audit_seq  INTEGER NOT NULL
) STRICT;
INSERT INTO state (one, generation, audit_seq) VALUES (1, 0, 0);

CREATE TABLE runs (
    id          INTEGER PRIMARY KEY,
    provider_id INTEGER NOT NULL REFERENCES providers (id),
    trigger     TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER NOT NULL,
    complete    INTEGER NOT NULL CHECK (complete IN (0, 1)),
    added       INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    removed     INTEGER NOT NULL,
    withheld    INTEGER NOT NULL
) STRICT;

-- The rolling budget: what runs took away (or, for privileged_gains, gave).
CREATE TABLE removals (
    run_id   INTEGER NOT NULL REFERENCES runs (id),
    at       INTEGER NOT NULL,
    provider_id INTEGER NOT NULL REFERENCES providers (id),
    class    TEXT NOT NULL CHECK (class IN ('users', 'memberships', 'privileged', 'privileged_gains')),
    org_id   INTEGER,
    removed  INTEGER NOT NULL,
    approved INTEGER NOT NULL CHECK (approved IN (0, 1))
) STRICT;
CREATE INDEX removals_at ON removals (provider_id, at);

-- Plans over a limit. `plan` is the plan as JSON.
CREATE TABLE holds (
    id         INTEGER PRIMARY KEY,
    provider   TEXT NOT NULL,
    plan_hash  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'applied', 'superseded')),
    reasons    TEXT NOT NULL,
    plan       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by TEXT
) STRICT;
CREATE INDEX holds_provider ON holds (provider, state);

-- One record for each subject that a run or command changed. hash = SHA-256 over the record and
-- the hash before it (docs/tables.md).
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    run_id  INTEGER,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    user_id INTEGER,
    body    TEXT NOT NULL,
    hash    BLOB NOT NULL
) STRICT;
CREATE INDEX audit_user ON audit (user_id, seq) WHERE user_id IS NOT NULL;
