-- key: the name under which the configuration declares the organization; survives renames.
ALTER TABLE orgs ADD COLUMN key TEXT;
CREATE UNIQUE INDEX orgs_key ON orgs (key);

-- claims: JSON, what the provider said of the person besides names and groups, by source:
--   {"attributes": {"department": ["Sales"]}, "userinfo": {…}}
ALTER TABLE identities ADD COLUMN claims TEXT;
