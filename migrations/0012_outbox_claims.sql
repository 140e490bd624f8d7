-- How often an email was taken and not settled since: what takes its process down each time is
-- found by it. attempts are the tries that came to an end.
ALTER TABLE outbox ADD COLUMN claims {int64} NOT NULL DEFAULT 0;
