-- Which SMTP relay an email's last attempt went to; empty: none was tried, or the attempt is older
-- than this column. `reason` has the relay's reply for sent emails, too, from now on.
ALTER TABLE mail_state ADD COLUMN relay {text} NOT NULL DEFAULT '';
