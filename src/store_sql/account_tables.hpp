// The tables of accounts and sessions: each column once, with the field that holds it. From this
// come the lists of columns, the statements that insert and update, the readers and the binders of
// both databases.
//
// Thread contract: pure functions.
// A description calls `column(name, field)` in the order of its list; key() marks the columns that
// an update finds its row by, fixed() those that it leaves alone, nullable() a text that is NULL
// when it is empty, and revision() the counter that is written one higher than it was read.
#pragma once

#include "model/account.hpp"
#include "model/client.hpp"
#include "model/login_throttle.hpp"
#include "model/session.hpp"
#include "model/signing_key.hpp"
#include "store/external_id_store.hpp"

namespace postern {

struct AccountTable {
  using Row = Account;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("id", row.id);
    column("email", row.email);
    column("email_key", row.email_key);
    column("state", row.state);
    column("password_hash", row.password_hash);
    column("credential_version", row.credential_version);
    column("locale", row.locale);
    column.fixed("created_at", row.created_at);
    column("updated_at", row.updated_at);
    column("mail_window_started_at", row.mail_windows[0].started_at);
    column("mail_window_count", row.mail_windows[0].count);
    column("display_name", row.display_name);
    column("pending_email", row.pending_email);
    column("mail_window2_started_at", row.mail_windows[1].started_at);
    column("mail_window2_count", row.mail_windows[1].count);
    column("mail_window3_started_at", row.mail_windows[2].started_at);
    column("mail_window3_count", row.mail_windows[2].count);
    column("recovery_sent_at", row.recovery_sent_at);
    column("already_registered_at", row.already_registered_at);
    column("consents", row.consents);
    column.revision("revision", row.revision);
  }
};

struct SessionTable {
  using Row = Session;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("id", row.id);
    column.fixed("account_id", row.account_id);
    column.fixed("kind", row.kind);
    column.fixed("methods", row.methods);
    column.fixed("created_at", row.created_at);
    column("last_used_at", row.last_used_at);
    column("expires_at", row.expires_at);
    column("token_hash", row.token_hash);
    column("rotations", row.rotations);
    column("credential_version", row.credential_version);
    column("user_agent", row.user_agent);
    column("ip", row.ip);
    column("grants", row.grants);
    column.revision("revision", row.revision);
  }
};

struct ThrottleTable {
  using Row = LoginThrottle;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("key", row.key);
    column("failures", row.failures);
    column("next_at", row.next_at);
  }
};

struct SigningKeyTable {
  using Row = SigningKey;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("kid", row.kid);
    column.fixed("algorithm", row.algorithm);
    column.fixed("sealed", row.sealed);
    column.fixed("created_at", row.created_at);
    column("activates_at", row.activates_at);
    column("retired_at", row.retired_at);
    column("revoked_at", row.revoked_at);
  }
};

struct ClientTable {
  using Row = Client;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("id", row.id);
    column("name", row.name);
    column("url", row.url);
    column("authentication", row.authentication);
    column("secret_hash", row.secret_hash);
    column("previous_secret_hash", row.previous_secret_hash);
    column("previous_secret_until", row.previous_secret_until);
    column("jwks", row.jwks);
    column("redirect_uris", row.redirect_uris);
    column("post_logout_redirect_uris", row.post_logout_redirect_uris);
    column("resource", row.resource);
    column("third_party", row.third_party);
    column.fixed("created_at", row.created_at);
    column("updated_at", row.updated_at);
  }
};

struct ExternalIdTable {
  using Row = ExternalId;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("account_id", row.account_id);
    column("external_id", row.external_id);
  }
};

}  // namespace postern
