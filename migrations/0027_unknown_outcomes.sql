-- How often a job's attempt ended without a reply to the final dot: it may have arrived each time,
-- so there are few of them in a job's life.
ALTER TABLE outbox ADD COLUMN unknown_outcomes {int64} NOT NULL DEFAULT 0;
