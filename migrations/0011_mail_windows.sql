-- An address has a limit for each of up to three windows, the shortest first. The first one is
-- mail_window_started_at and mail_window_count of 0001.
ALTER TABLE account ADD COLUMN mail_window2_started_at {int64} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN mail_window2_count {int64} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN mail_window3_started_at {int64} NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN mail_window3_count {int64} NOT NULL DEFAULT 0;
