-- Requests for an email that were answered with 202 and not yet resolved. One row of the same shape
-- whatever account the address has; resolving it removes it in the transaction that writes account,
-- outbox and audit. The table is empty but for some milliseconds of traffic.
CREATE TABLE mail_request (
  id {text} PRIMARY KEY CHECK (id <> ''),
  action {text} NOT NULL CHECK (action = 'register' OR action = 'recover-password'),
  email {text} NOT NULL,
  email_key {text} NOT NULL,
  locale {text} NOT NULL,
  return_to {text} NOT NULL,
  client {text} NOT NULL,
  request_id {text} NOT NULL,
  traceparent {text} NOT NULL,
  accepted_at {int64} NOT NULL,
  leased_until {int64} NOT NULL
) {clustered_options};

-- When the owner was last sent a recovery link, and when the note that the address has an account:
-- each has a limit of its own, which no other kind of email can use up.
ALTER TABLE account ADD COLUMN recovery_sent_at {int64} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN already_registered_at {int64} NOT NULL DEFAULT 0;
