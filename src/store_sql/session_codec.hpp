// What both databases share in reading sessions and signing keys.
//
// Thread contract: pure functions.
// Knows no SQL: the column orders are the adapters'. `Row` has text(column) and integer(column).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "store/session_store.hpp"
#include "store_sql/time_list.hpp"

namespace postern {

/// Reads the columns id, account_id, kind, methods, created_at, last_used_at, expires_at,
/// token_hash, rotations, credential_version, user_agent, ip, revision.
template <class Row>
Session read_session(const Row& row) {
  Session session;
  session.id = row.text(0);
  session.account_id = row.text(1);
  session.kind = row.text(2) == "cookie" ? SessionKind::kCookie : SessionKind::kBearer;
  session.methods = row.text(3);
  session.created_at = from_unix_ms(row.integer(4));
  session.last_used_at = from_unix_ms(row.integer(5));
  session.expires_at = from_unix_ms(row.integer(6));
  session.token_hash = row.text(7);
  session.rotations = read_times(row.text(8));
  session.credential_version = row.integer(9);
  session.user_agent = row.text(10);
  session.ip = row.text(11);
  session.revision = row.integer(12);
  return session;
}

/// Reads the columns kid, algorithm, sealed, created_at, activates_at, retired_at, revoked_at.
template <class Row>
SigningKey read_signing_key(const Row& row) {
  const auto optional_time = [&](int column) {
    const auto unix_ms = row.integer(column);
    return unix_ms == 0 ? std::nullopt : std::optional(from_unix_ms(unix_ms));
  };
  return {std::string(row.text(0)),
          std::string(row.text(1)),
          std::string(row.text(2)),
          from_unix_ms(row.integer(3)),
          from_unix_ms(row.integer(4)),
          optional_time(5),
          optional_time(6)};
}

/// As a signing key's optional times are stored: 0 for none.
inline std::int64_t optional_unix_ms(const std::optional<TimePoint>& time) {
  return time ? to_unix_ms(*time) : 0;
}

}  // namespace postern
