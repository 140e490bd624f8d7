-- What happened. No reference to account: the trail outlives it. No index besides the key: rows
-- are written by every request and read only by the operator.
CREATE TABLE audit (
  id {text} PRIMARY KEY CHECK (id <> ''),
  at {int64} NOT NULL,
  action {text} NOT NULL,
  outcome {text} NOT NULL,
  account_id {text},
  request_id {text} NOT NULL
) {clustered_options};
