-- Logins that rosterd does itself, in a browser. Nothing here lets anybody in: what a browser holds is here as a
-- SHA-256, what the provider gave is sealed with a key that is not in the database (`seal`).

-- Begun and not come back yet; taken once. state_hash: of the parameter `state`. browser_hash: of the cookie that
-- the browser must bring back. kept: JSON, what the provider's answer is held against (nonce, PKCE verifier).
CREATE TABLE sign_ins (
    state_hash   BYTEA PRIMARY KEY,
    browser_hash BYTEA NOT NULL,
    provider     TEXT NOT NULL,
    kept         TEXT NOT NULL,
    return_to    TEXT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX sign_ins_expires ON sign_ins (expires_at);

-- Who is logged in. hash: of the cookie. subject: the identity's; sub: as the provider's messages call somebody, which
-- may be another claim. provider_session: the provider's own id of the session (`sid`), by which
-- it logs out. hint: sealed, what its logout wants to be shown; empty for nothing. ended_by: why it ended.
CREATE TABLE sessions (
    id               TEXT PRIMARY KEY,
    hash             BYTEA NOT NULL UNIQUE,
    user_id          BIGINT NOT NULL REFERENCES users (id),
    provider         TEXT NOT NULL,
    subject          TEXT NOT NULL,
    sub              TEXT NOT NULL,
    provider_session TEXT,
    hint             BYTEA NOT NULL,
    created_at       BIGINT NOT NULL,
    used_at          BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    ended_at         BIGINT,
    ended_by         TEXT
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_sub ON sessions (provider, sub) WHERE ended_at IS NULL;
CREATE INDEX sessions_provider_session ON sessions (provider, provider_session)
    WHERE ended_at IS NULL AND provider_session IS NOT NULL;
CREATE INDEX sessions_expires ON sessions (expires_at);

-- What somebody's login is renewed with. sealed: the token. version: grows with each one, so that of two who
-- change it one is refused. due_at: when it is used next. taken_until: until then somebody uses it.
CREATE TABLE refresh_tokens (
    provider    TEXT NOT NULL,
    subject     TEXT NOT NULL,
    sealed      BYTEA NOT NULL,
    version     BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    taken_until BIGINT NOT NULL DEFAULT 0,
    failures    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (provider, subject)
);
CREATE INDEX refresh_tokens_due ON refresh_tokens (provider, due_at);

-- Signed messages that count once (logout tokens, security events), until they would have expired anyhow.
CREATE TABLE seen_tokens (
    issuer     TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, token_hash)
);
CREATE INDEX seen_tokens_expires ON seen_tokens (expires_at);
