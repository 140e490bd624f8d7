// What both databases share in turning rows into structs and back.
//
// Thread contract: pure functions.
// Knows no SQL: the column orders are the adapters'. `Row` has text(column) and integer(column).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/external_id_store.hpp"
#include "store/store.hpp"

namespace postern {

/// Reads the columns id, email, email_key, state, password_hash, credential_version, locale,
/// created_at, updated_at, mail_window_started_at, mail_window_count, revision, display_name,
/// pending_email, then start and count of mail_window2 and of mail_window3, recovery_sent_at,
/// already_registered_at.
template <class Row>
Result<Account> read_account(const Row& row) {
  const auto state = parse_account_state(row.text(3));
  if (!state) return Error{store_error::kUnavailable, Retry::kLater, "unknown account state"};
  Account account;
  account.id = row.text(0);
  account.email = row.text(1);
  account.email_key = row.text(2);
  account.state = *state;
  account.password_hash = row.text(4);
  account.credential_version = row.integer(5);
  account.locale = row.text(6);
  account.created_at = from_unix_ms(row.integer(7));
  account.updated_at = from_unix_ms(row.integer(8));
  const auto mail_window = [&](int column) {
    return MailWindow{from_unix_ms(row.integer(column)), row.integer(column + 1)};
  };
  account.mail_windows = {mail_window(9), mail_window(14), mail_window(16)};
  account.revision = row.integer(11);
  account.display_name = row.text(12);
  account.pending_email = row.text(13);
  account.recovery_sent_at = from_unix_ms(row.integer(18));
  account.already_registered_at = from_unix_ms(row.integer(19));
  return account;
}

/// Reads the columns id, kind, body, traceparent, created_at, available_at, attempts, account_id,
/// event_type, event, claims, priority.
template <class Row>
OutboxRow read_outbox_row(const Row& row) {
  OutboxRow outbox;
  outbox.id = row.text(0);
  outbox.kind = row.text(1);
  outbox.body = row.text(2);
  outbox.traceparent = row.text(3);
  outbox.created_at = from_unix_ms(row.integer(4));
  outbox.available_at = from_unix_ms(row.integer(5));
  outbox.attempts = static_cast<int>(row.integer(6));
  outbox.account_id = row.text(7);
  outbox.event_type = row.text(8);
  outbox.event = row.text(9);
  outbox.claims = static_cast<int>(row.integer(10));
  outbox.priority = to_mail_priority(row.integer(11));
  return outbox;
}

/// Reads the columns account_id, mail_id, kind, state, changed_at, next_try_at, reason.
template <class Row>
MailStatus read_mail_status(const Row& row) {
  MailStatus status;
  status.account_id = row.text(0);
  status.mail_id = row.text(1);
  status.kind = row.text(2);
  status.outcome = parse_delivery_outcome(row.text(3));
  status.changed_at = from_unix_ms(row.integer(4));
  status.next_attempt_at = from_unix_ms(row.integer(5));
  status.reply = row.text(6);
  return status;
}

/// Reads the columns of read_outbox_row, then reason and dead_at.
template <class Row>
DeadRow read_dead_row(const Row& row) {
  return {read_outbox_row(row), std::string(row.text(12)), from_unix_ms(row.integer(13))};
}

/// The ends of the ranges of available_at that a census counts: up to now, then each of `within`;
/// the last one has no end.
std::vector<std::int64_t> census_ends(TimePoint now, std::span<const Duration> within);

/// RETURNING promises no order: by priority, the time they became available, and id.
void sort_as_claimed(std::vector<OutboxRow>& rows);

/// Both databases refuse the same text with store_rejected: what is not UTF-8, or holds a NUL.
Status check_text(const WriteBatch& batch);
Status check_text(std::span<const AccountRef> refs);
Status check_text(const AccountPage& page);
Status check_text(const OutboxClaim& claim);
Status check_text(const OutboxChanges& changes);
Status check_text(std::span<const MailStatus> states);
Status check_text(std::span<const DeadReplay> rows);
Status check_text(std::span<const std::string> ids);
Status check_text(std::span<const ExternalId> ids);

/// What other servers said must never stop a change: UTF-8, no NUL, at most kReasonBytes.
std::string clean_reason(std::string_view reason);

}  // namespace postern
