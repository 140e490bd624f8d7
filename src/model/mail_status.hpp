// What became of an email so far. Plain data; holds no address and no token.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace postern {

enum class MailState { kQueued, kDeferred, kSent, kFailed };

/// queued, deferred, sent, failed: in the database and in what operators see.
std::string_view to_string(MailState state);

struct MailStatus {
  std::string account_id;
  std::string mail_id;
  /// The mail kind's name on the wire.
  std::string kind;
  MailState state = MailState::kQueued;
  TimePoint changed_at;
  /// Deferred only; the epoch when no further try is planned.
  TimePoint next_try_at;
  /// Deferred and failed: the mail server's or our own words.
  std::string reason;
};

/// Emails by what became of them, since the process began.
struct MailOutcomes {
  std::uint64_t sent = 0;
  std::uint64_t deferred = 0;
  std::uint64_t failed = 0;
};

}  // namespace postern
