-- Messages that were committed together with their cause and wait to go out. A row is free when
-- leased_until has passed; 0 means that no lease is held. A dead letter has dead_at, and stays.
CREATE TABLE outbox (
  id {text} PRIMARY KEY CHECK (id <> ''),
  kind {text} NOT NULL,
  created_at {int64} NOT NULL,
  available_at {int64} NOT NULL,
  leased_until {int64} NOT NULL DEFAULT 0,
  attempts {int64} NOT NULL DEFAULT 0,
  dead_at {int64},
  lease_owner {text},
  reason {text},
  traceparent {text} NOT NULL,
  body {text} NOT NULL
) {rewritten_options};

-- The only way into the outbox besides the id. Dead letters are not in it, so that a claim never
-- meets one; leased_until is not in it, so that a claim leaves the index alone.
CREATE INDEX outbox_waiting ON outbox (available_at) WHERE dead_at IS NULL;
