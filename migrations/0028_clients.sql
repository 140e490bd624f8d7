-- Products whose people log in here. Secrets are kept as hashes; lists have one entry a line.
CREATE TABLE client (
  id {text} PRIMARY KEY CHECK (id <> ''),
  name {text} NOT NULL,
  url {text} NOT NULL,
  authentication {text} NOT NULL,
  secret_hash {text} NOT NULL,
  previous_secret_hash {text} NOT NULL,
  previous_secret_until {int64} NOT NULL,
  jwks {text} NOT NULL,
  redirect_uris {text} NOT NULL,
  post_logout_redirect_uris {text} NOT NULL,
  resource {text} NOT NULL,
  third_party {int64} NOT NULL,
  created_at {int64} NOT NULL,
  updated_at {int64} NOT NULL
) {options};

-- The clients' tokens belong to the session that authorized them and end with it: a line each.
ALTER TABLE session ADD COLUMN grants {text} NOT NULL DEFAULT '';
-- What the person allowed third-party clients: a line each.
ALTER TABLE account ADD COLUMN consents {text} NOT NULL DEFAULT '';

-- Assertions of private_key_jwt that were used, by a hash of client and jti, until they expire.
CREATE TABLE used_assertion (
  key {text} PRIMARY KEY CHECK (key <> ''),
  expires_at {int64} NOT NULL
) {clustered_options};

CREATE INDEX used_assertion_expiry ON used_assertion (expires_at);
