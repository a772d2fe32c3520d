-- What lets a directory re-check people whom another provider knows by their logins (`recheck`).

-- read_at: when this provider, which re-checks another's people, was last read completely; to within a thirtieth of
-- their lease, so that a run that changes nothing writes nothing but that, now and then. left_generation: the write
-- (`state.generation`) by which somebody was last found gone.
ALTER TABLE providers ADD COLUMN read_at BIGINT;
ALTER TABLE providers ADD COLUMN left_generation BIGINT NOT NULL DEFAULT 0;

-- withdrawn: 1 when the provider itself has said since that what the login said no longer holds: no re-check prolongs it.
ALTER TABLE renewals ADD COLUMN withdrawn BIGINT NOT NULL DEFAULT 0;
CREATE INDEX renewals_withdrawn ON renewals (provider_id) WHERE ended_at IS NULL AND withdrawn = 1;
