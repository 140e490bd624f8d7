-- What became of each email, to answer "did the mail leave?". Written with its request as
-- queued, then by what the mail queue tells. next_try_at 0: no further try is planned.
-- No IN in a check, for the reason given in 0001.
CREATE TABLE mail_state (
  account_id {text} NOT NULL,
  mail_id {text} NOT NULL,
  kind {text} NOT NULL,
  state {text} NOT NULL
    CHECK (state = 'queued' OR state = 'deferred' OR state = 'sent' OR state = 'failed'),
  changed_at {int64} NOT NULL,
  next_try_at {int64} NOT NULL DEFAULT 0,
  reason {text} NOT NULL DEFAULT '',
  PRIMARY KEY (account_id, mail_id)
) {clustered_options};

-- An event goes out in the row of the email that was caused with it, or in a row of its own with
-- an empty body.
ALTER TABLE outbox ADD COLUMN account_id {text} NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN event_type {text} NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN event {text} NOT NULL DEFAULT '';
