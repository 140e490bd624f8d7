// The services of the app's operations on passwords, emailed tokens, logins and sessions, and the
// rules of a session's lifetime.
//
// Thread contract: as services.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "account/access_keys.hpp"
#include "account/keyed_rate.hpp"
#include "account/services.hpp"
#include "base/login_limits.hpp"
#include "crypto/device_token.hpp"
#include "crypto/hash_pool.hpp"
#include "crypto/mail_token.hpp"
#include "crypto/password.hpp"
#include "crypto/session_token.hpp"
#include "model/session.hpp"

namespace postern {

struct SessionSettings {
  Duration access_token_ttl = std::chrono::minutes(15);
  Duration session_ttl = std::chrono::hours(24 * 30);
  Duration idle_ttl = std::chrono::hours(24 * 7);
  /// Wrong passwords of unknown devices, by client network over all addresses; empty: no limit.
  std::vector<Rate> failures_per_client = {};
};

struct LoginRefusal {
  const std::string& email;
  const std::string& ip;
  std::string_view code;
};

struct SessionServices : AccountServices {
  HashPool& hashing;
  const MailTokenVerifier& mail_tokens;
  const SessionTokens& tokens;
  AccessKeys& keys;
  const DeviceTokens& devices;
  SessionSettings session_settings = {};
  /// Runs once for every login, whatever the account's state (REQUIREMENTS E3).
  std::function<bool(std::string_view encoded, std::string_view password)> verify_password =
      postern::verify_password;
  /// Runs the function at the time, on another thread; empty: at once.
  std::function<void(std::chrono::steady_clock::time_point, std::function<void()>)> run_at = {};
  /// Called for every session that ended because a spent refresh token came again; may be empty.
  /// Must not block.
  std::function<void(const Session&)> token_reused = {};
  /// Called with how far the clock that a mail link's token was made by is ahead of `clock`, when
  /// it is by more than limits::kClockNotice; may be empty. Must not block.
  std::function<void(Duration ahead)> clock_ahead = {};
  /// Called for every login that is refused, with the reason's error code, for known and unknown
  /// addresses alike; may be empty. Must not block.
  std::function<void(const LoginRefusal&)> login_refused = {};
  /// The clock of run_at().
  std::function<std::chrono::steady_clock::time_point()> steady_now =
      std::chrono::steady_clock::now;
  /// By client network. Belongs to the writer's thread.
  KeyedRates client_failures =
      KeyedRates(session_settings.failures_per_client, limits::kLoginClientKeys);
  /// Passwords that were not looked at because of earlier failures.
  std::atomic<std::uint64_t> attempts_limited = 0;
};

/// Where a session is used from.
struct Device {
  std::string user_agent;
  std::string ip;
};

/// True when it is not too old, not idle for too long, and valid for the account as it is now.
bool is_active(const Session& session, const Account& account, const SessionSettings& settings,
               TimePoint now);

/// Notes the use of the session, not more often than limits::kSessionTouch, but often enough that
/// one that is used does not count as idle.
void touch(const Session& session, Duration idle_ttl, TimePoint now, SessionChanges& changes);

/// nullptr when no session has that id, or it has ended.
const Session* find_active(std::span<const Session> sessions, std::string_view id,
                           const Account& account, const SessionSettings& settings, TimePoint now);

/// The user agent cut to limits::kUserAgentBytes, made plain text.
Device clean(Device device);

/// For what wants a login and has no active one: 401.
Error unauthorized(std::string detail);
/// For an operation that a full queue refused: 503.
Error overloaded(std::string detail);

/// Makes the client's device known for the account as it is now. An empty id: a new device.
std::string make_device_token(const SessionServices& services, const Account& account,
                              std::string device_id = {});

}  // namespace postern
