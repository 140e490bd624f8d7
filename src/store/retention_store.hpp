// The part of Store that deletes rows older than their retention period, a bounded number at a
// time, so that no table grows without limit.
//
// Thread contract: as Store. Several processes may do it at once.
// Knows no clock: the times are given. Sessions expire by themselves
// (SessionStore::remove_expired_sessions).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace postern {

/// How long what has happened is kept.
struct Retention {
  Duration audit{};
  Duration mail_states{};
};

/// Where a walk through the emails' states stands: behind this one; at the beginning by default.
struct MailStatePlace {
  std::string account_id = {};
  std::string mail_id = {};
};

/// Behind all of them: U+10FFFF.
inline MailStatePlace last_mail_state_place() { return {"\xF4\x8F\xBF\xBF", {}}; }

class RetentionStore {
 public:
  virtual ~RetentionStore() = default;

  /// Removes entries from before that time, the oldest first, `limit` at most. How many went.
  virtual Result<std::int64_t> remove_expired_audit(TimePoint before, std::int64_t limit) = 0;
  /// Looks at the next `limit` states and removes those that did not change since `before` and
  /// whose email is not in the outbox, waiting or dead. Where to go on; nothing when that was the
  /// end.
  virtual Result<std::optional<MailStatePlace>> remove_expired_mail_states(
      TimePoint before, const MailStatePlace& after, std::int64_t limit) = 0;
};

}  // namespace postern
