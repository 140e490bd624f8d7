-- Logins that last. Found by their account, which every token names; ends by expires_at. No
-- reference to account: both are written in one transaction.
CREATE TABLE session (
  id {text} PRIMARY KEY CHECK (id <> ''),
  account_id {text} NOT NULL,
  kind {text} NOT NULL CHECK (kind = 'bearer' OR kind = 'cookie'),
  methods {text} NOT NULL,
  created_at {int64} NOT NULL,
  last_used_at {int64} NOT NULL,
  expires_at {int64} NOT NULL,
  token_hash {text} NOT NULL,
  previous_hash {text} NOT NULL,
  rotated_at {int64} NOT NULL,
  credential_version {int64} NOT NULL,
  user_agent {text} NOT NULL,
  ip {text} NOT NULL,
  revision {int64} NOT NULL CHECK (revision > 0)
) {options};

CREATE INDEX session_account ON session (account_id, created_at, id);
CREATE INDEX session_expiry ON session (expires_at);

-- Wrong passwords in a row, for known and unknown addresses alike, by a hash of the address.
CREATE TABLE login_throttle (
  key {text} PRIMARY KEY CHECK (key <> ''),
  failures {int64} NOT NULL,
  next_at {int64} NOT NULL
) {options};

CREATE INDEX login_throttle_next ON login_throttle (next_at);

-- Keys of the access tokens; the private half is sealed under SECRET_KEY. Times that are 0 are not
-- set.
CREATE TABLE signing_key (
  kid {text} PRIMARY KEY CHECK (kid <> ''),
  algorithm {text} NOT NULL,
  sealed {text} NOT NULL,
  created_at {int64} NOT NULL,
  activates_at {int64} NOT NULL,
  retired_at {int64} NOT NULL,
  revoked_at {int64} NOT NULL
) {options};

CREATE INDEX signing_key_age ON signing_key (created_at, kid);

ALTER TABLE account ADD COLUMN display_name {text} NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN pending_email {text} NOT NULL DEFAULT '';
