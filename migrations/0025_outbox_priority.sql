-- What goes first: 0 urgent, 1 normal, 2 bulk. Rows that wait already are sorted by their kind.
ALTER TABLE outbox ADD COLUMN priority {int64} NOT NULL DEFAULT 1;

UPDATE outbox SET priority = 0
 WHERE kind IN ('recover', 'already-registered', 'password-changed', 'email-change-requested',
                'account-deleted');

-- Each class is a range of its own, so that a claim meets no row of another one, and none that is
-- not due yet.
DROP INDEX outbox_waiting;

CREATE INDEX outbox_waiting ON outbox (priority, available_at) WHERE dead_at IS NULL;
