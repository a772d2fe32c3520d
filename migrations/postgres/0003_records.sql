-- What was done, what waits, and the proof of both.

-- One row. `generation` counts the writes, so that a plan that rests on an older state is refused.
-- `audit_seq` is the last audit record's number, so that a trail whose end is missing is noticed.
CREATE TABLE state (
    one        BIGINT PRIMARY KEY CHECK (one = 1),
    generation BIGINT NOT NULL,
    audit_seq  BIGINT NOT NULL
);
INSERT INTO state (one, generation, audit_seq) VALUES (1, 0, 0);

CREATE TABLE runs (
    id          BIGINT PRIMARY KEY,
    provider_id BIGINT NOT NULL REFERENCES providers (id),
    trigger     TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    complete    BIGINT NOT NULL CHECK (complete IN (0, 1)),
    added       BIGINT NOT NULL,
    changed     BIGINT NOT NULL,
    removed     BIGINT NOT NULL,
    withheld    BIGINT NOT NULL
);

-- The rolling budget: what runs took away (or, for privileged_gains, gave).
CREATE TABLE removals (
    run_id   BIGINT NOT NULL REFERENCES runs (id),
    at       BIGINT NOT NULL,
    provider_id BIGINT NOT NULL REFERENCES providers (id),
    class    TEXT NOT NULL CHECK (class IN ('users', 'memberships', 'privileged', 'privileged_gains')),
    org_id   BIGINT,
    removed  BIGINT NOT NULL,
    approved BIGINT NOT NULL CHECK (approved IN (0, 1))
);
CREATE INDEX removals_at ON removals (provider_id, at);

-- Plans over a limit. `plan` is the plan as JSON.
CREATE TABLE holds (
    id         BIGINT PRIMARY KEY,
    provider   TEXT NOT NULL,
    plan_hash  TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'applied', 'superseded')),
    reasons    TEXT NOT NULL,
    plan       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT,
    decided_by TEXT
);
CREATE INDEX holds_provider ON holds (provider, state);

-- One record for each subject that a run or command changed. hash = SHA-256 over the record and
-- the hash before it (docs/tables.md).
CREATE TABLE audit (
    seq     BIGINT PRIMARY KEY,
    run_id  BIGINT,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    user_id BIGINT,
    body    TEXT NOT NULL,
    hash    BYTEA NOT NULL
);
CREATE INDEX audit_user ON audit (user_id, seq) WHERE user_id IS NOT NULL;
