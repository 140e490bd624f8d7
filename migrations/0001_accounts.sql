-- Accounts. src/store_sql/migrations.cpp says what {text}, {int64} and {options} become.
-- Times are Unix milliseconds. An account of revision 0 is not stored yet, so none has it here.
-- No IN in a check: SQLite builds a temporary tree for it, row by row, which doubles the cost.
CREATE TABLE account (
  id {text} PRIMARY KEY CHECK (id <> ''),
  email {text} NOT NULL CHECK (email <> ''),
  email_key {text} NOT NULL UNIQUE CHECK (email_key <> ''),
  state {text} NOT NULL
    CHECK (state = 'unconfirmed' OR state = 'confirmed' OR state = 'disabled'),
  password_hash {text} NOT NULL,
  credential_version {int64} NOT NULL,
  locale {text} NOT NULL,
  created_at {int64} NOT NULL,
  updated_at {int64} NOT NULL,
  mail_window_started_at {int64} NOT NULL,
  mail_window_count {int64} NOT NULL,
  revision {int64} NOT NULL CHECK (revision > 0)
) {options};
