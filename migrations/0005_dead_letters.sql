-- Dead letters, in the order in which they died: an operator's list does not read the whole outbox.
-- Living rows are not in it.
CREATE INDEX outbox_dead ON outbox (dead_at, id) WHERE dead_at IS NOT NULL;
