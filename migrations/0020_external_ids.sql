-- An account's id in the system that it came from. Accounts that were imported under an id of
-- another form than ours get one of ours, and the other one is kept here.
-- src/store_sql/migrations.cpp says what {is_id} and {new_id} become.
CREATE TABLE account_external_id (
  account_id {text} PRIMARY KEY CHECK (account_id <> ''),
  external_id {text} NOT NULL UNIQUE CHECK (external_id <> '')
) {options};

INSERT INTO account_external_id (account_id, external_id)
  SELECT {new_id}, id FROM account WHERE NOT ({is_id});

UPDATE session SET account_id =
    (SELECT x.account_id FROM account_external_id x WHERE x.external_id = session.account_id)
  WHERE account_id IN (SELECT external_id FROM account_external_id);

UPDATE mail_state SET account_id =
    (SELECT x.account_id FROM account_external_id x WHERE x.external_id = mail_state.account_id)
  WHERE account_id IN (SELECT external_id FROM account_external_id);

UPDATE audit SET account_id =
    (SELECT x.account_id FROM account_external_id x WHERE x.external_id = audit.account_id)
  WHERE account_id IN (SELECT external_id FROM account_external_id);

-- The ids that move are of letters, digits, - and _ alone: JSON writes them as they are.
UPDATE outbox SET
    body = replace(body, '"account_id":"' || account_id || '"', '"account_id":"' ||
      (SELECT x.account_id FROM account_external_id x WHERE x.external_id = outbox.account_id)
      || '"'),
    event = replace(event, '"account_id":"' || account_id || '"', '"account_id":"' ||
      (SELECT x.account_id FROM account_external_id x WHERE x.external_id = outbox.account_id)
      || '"'),
    account_id =
      (SELECT x.account_id FROM account_external_id x WHERE x.external_id = outbox.account_id)
  WHERE account_id IN (SELECT external_id FROM account_external_id);

UPDATE account SET id =
    (SELECT x.account_id FROM account_external_id x WHERE x.external_id = account.id)
  WHERE id IN (SELECT external_id FROM account_external_id);
