-- Requests for an email that were answered with 202 and not yet resolved: those of one transaction
-- share a row, whatever accounts their addresses have. Resolving removes them in the transaction that
-- writes account, outbox and audit. The table is empty but for some milliseconds of traffic.
CREATE TABLE mail_request (
  id {text} PRIMARY KEY CHECK (id <> ''),
  -- {"requests": [{"action", "email", "email_key", …}]}
  requests {text} NOT NULL,
  -- How many of them are not resolved, and the indexes of the others, each behind a comma.
  unresolved {int64} NOT NULL,
  resolved {text} NOT NULL DEFAULT '',
  leased_until {int64} NOT NULL
) {large_options};

-- When the owner was last sent a recovery link, and when the note that the address has an account:
-- each has a limit of its own, which no other kind of email can use up.
ALTER TABLE account ADD COLUMN recovery_sent_at {int64} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN already_registered_at {int64} NOT NULL DEFAULT 0;
