// The tables of emails and of the audit, described as in account_tables.hpp.
//
// Thread contract: pure functions.
#pragma once

#include "model/audit_entry.hpp"
#include "model/delivery_outcome.hpp"
#include "model/outbox_row.hpp"
#include "store/dead_rows.hpp"
#include "store_sql/request_codec.hpp"

namespace postern {

/// The columns of an outbox row in all its lists.

template <class Columns, class AnyRow>
void describe_outbox(Columns& column, AnyRow& row) {
  column.key("id", row.id);
  column("kind", row.kind);
  column("body", row.body);
  column("traceparent", row.traceparent);
  column("created_at", row.created_at);
  column("available_at", row.available_at);
  column("attempts", row.attempts);
  column("account_id", row.account_id);
  column("event_type", row.event_type);
  column("event", row.event);
  column("priority", row.priority);
}

/// As a row is added.

struct OutboxTable {
  using Row = OutboxRow;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    describe_outbox(column, row);
    column("leased_until", row.leased_until);
    column.nullable("lease_owner", row.lease_owner);
  }
};

/// As a row is claimed.

struct ClaimedTable {
  using Row = OutboxRow;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    describe_outbox(column, row);
    column("claims", row.claims);
    column("unknown_outcomes", row.unknown_outcomes);
  }
};

/// As a dead row is read.

struct DeadTable {
  using Row = DeadRow;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& dead) {
    describe_outbox(column, dead.row);
    column("claims", dead.row.claims);
    column("reason", dead.reason);
    column("dead_at", dead.dead_at);
  }
};

struct MailStateTable {
  using Row = MailStatus;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("account_id", row.account_id);
    column.key("mail_id", row.mail_id);
    column.fixed("kind", row.kind);
    column("state", row.outcome);
    column("changed_at", row.changed_at);
    column("next_try_at", row.next_attempt_at);
    column("reason", row.reply);
    column("relay", row.relay);
  }
};

struct AuditTable {
  using Row = AuditEntry;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("id", row.id);
    column("at", row.at);
    column("action", row.action);
    column("outcome", row.outcome);
    column.nullable("account_id", row.account_id);
    column("request_id", row.request_id);
  }
};

/// As it is claimed.

struct RequestTable {
  using Row = StoredRequests;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("id", row.id);
    column("requests", row.requests);
    column("resolved", row.resolved);
    column("leased_until", row.leased_until);
  }
};

/// The same table: what of a row is resolved.
struct ResolvedTable {
  using Row = StoredRequests;
  template <class Columns, class AnyRow>
  static void describe(Columns& column, AnyRow& row) {
    column.key("id", row.id);
    column("resolved", row.resolved);
  }
};

}  // namespace postern
