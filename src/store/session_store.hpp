// The part of Store for sessions, login limits and signing keys, within the same transactions.
//
// Thread contract: as Store.
// Knows no rules: the layer above decides when a session has ended and how long a delay is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/login_throttle.hpp"
#include "model/session.hpp"
#include "model/signing_key.hpp"

namespace postern {

/// Ends all sessions of an account but one.
struct SessionsEnd {
  std::string account_id;
  /// Empty: none is kept.
  std::string keep_id = {};
};

/// The session changes of a batch, in the order of their execution. A caller that writes a
/// session has read its account in the same transaction, which orders all changes of one
/// account.
struct SessionChanges {
  std::vector<SessionsEnd> ends = {};
  /// Ids; those that are gone already do not matter.
  std::vector<std::string> removals = {};
  /// Sessions of revision 0.
  std::vector<Session> inserts = {};
  /// Sessions with the revision that was read.
  std::vector<Session> updates = {};
  /// Keys of login throttles that are forgotten.
  std::vector<std::string> cleared_throttles = {};
  /// After which no throttle has fewer than zero failures; one that is not there stays away.
  std::vector<ThrottleRefund> refunds = {};

  bool empty() const {
    return ends.empty() && removals.empty() && inserts.empty() && updates.empty() &&
           cleared_throttles.empty() && refunds.empty();
  }
};

/// Sessions and login throttles without further use. A bounded number is deleted at a time.
struct ExpiredSessions {
  /// Sessions that expired before it.
  TimePoint sessions_before;
  /// Throttles whose next_at is before it.
  TimePoint throttles_before;
  /// Of what is left, so many throttles are kept, the latest ones.
  std::int64_t throttles_kept = 0;
  std::int64_t limit = 0;
};

class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// All sessions of these accounts, oldest first.
  virtual Result<std::vector<Session>> find_sessions(std::span<const std::string> account_ids) = 0;
  /// The throttles of these keys, each given once, in their order; made where they are missing.
  /// No other transaction gets them until the commit.
  virtual Result<std::vector<LoginThrottle>> take_throttles(std::span<const std::string> keys) = 0;
  /// Those that were taken, with other values.
  virtual Status put_throttles(std::span<const LoginThrottle> throttles) = 0;
  /// Oldest first.
  virtual Result<std::vector<SigningKey>> signing_keys() = 0;
  /// Adds the key, or sets its times.
  virtual Status put_signing_key(const SigningKey& key) = 0;
  /// The larger one of the numbers of sessions and of throttles that are gone now.
  virtual Result<std::int64_t> remove_expired_sessions(const ExpiredSessions& expired) = 0;
};

}  // namespace postern
