-- Until when what a login said holds, of providers that cannot list their people. renewed_at: when a login or
-- a re-check last said it, by its own time; how long it holds is configured (`lease`). until: sooner, where the
-- login itself said so. ended_at: when it was found to be over; it holds while there is none.
CREATE TABLE renewals (
    identity_id BIGINT PRIMARY KEY,
    provider_id BIGINT NOT NULL REFERENCES providers (id),
    renewed_at  BIGINT NOT NULL,
    until       BIGINT,
    ended_at    BIGINT
);
CREATE INDEX renewals_holding ON renewals (provider_id, renewed_at) WHERE ended_at IS NULL;
CREATE INDEX renewals_until ON renewals (provider_id, until) WHERE ended_at IS NULL AND until IS NOT NULL;
