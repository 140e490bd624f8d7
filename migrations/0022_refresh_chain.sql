-- When a session's refresh token was rotated, oldest first, Unix milliseconds between commas: so
-- long as these are young, every token of the chain still yields the current one. The hash of the
-- token before the current one is not needed: what follows a token is derived from it.
ALTER TABLE session ADD COLUMN rotations {text} NOT NULL DEFAULT '';
ALTER TABLE session DROP COLUMN previous_hash;
ALTER TABLE session DROP COLUMN rotated_at;
