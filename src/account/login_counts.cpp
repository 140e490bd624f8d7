#include "account/login_counts.hpp"

#include <algorithm>

#include "account/password_check.hpp"
#include "base/limits.hpp"
#include "base/login_limits.hpp"
#include "text/base64url.hpp"

namespace postern {
namespace {

/// Of an address that only a new password opens again: it must not be forgotten with old ones.
constexpr Duration kForever = std::chrono::hours(24 * 36'500);

/// The parts cannot run into each other: none holds a NUL.
std::string key_of(std::string_view kind, std::string_view first, std::string_view second = {}) {
  std::string text(kind);
  text.append(1, '\0').append(first).append(1, '\0').append(second);
  return base64url_encode(sha256(text));
}

Duration wait_of(const LoginThrottle& throttle, TimePoint now) {
  const Duration left = throttle.next_at - now;
  // A later time was written by a clock that has been set back since.
  return left > limits::kLoginDelayMax ? Duration::zero() : std::max(left, Duration::zero());
}

void count(LoginThrottle& throttle, TimePoint now) {
  ++throttle.failures;
  throttle.next_at = now + login_delay(throttle.failures);
}

/// A client that was quiet has fewer failures against it.
void refill(LoginThrottle& client, TimePoint now) {
  const auto quiet = std::max<Duration>(now - client.next_at, Duration::zero());
  client.failures = std::max<std::int64_t>(client.failures - quiet / limits::kLoginRefill, 0);
}

}  // namespace

std::string account_throttle_key(std::string_view email_key) {
  return base64url_encode(sha256(email_key));
}

std::string client_throttle_key(std::string_view email_key, std::string_view client_network) {
  return key_of("client", email_key, client_network);
}

std::string device_throttle_key(std::string_view device_id) {
  return key_of("device", base64url_encode(device_id));
}

std::string session_throttle_key(std::string_view session_id) {
  return key_of("session", session_id);
}

Duration login_delay(std::int64_t failures) {
  if (failures < limits::kLoginFreeFailures) return Duration::zero();
  const auto doublings = std::min<std::int64_t>(failures - limits::kLoginFreeFailures, 20);
  const Duration delay = Duration(limits::kLoginDelayMin) * (std::int64_t{1} << doublings);
  return std::min<Duration>(delay, limits::kLoginDelayMax);
}

Duration count_unknown(LoginThrottle& client, LoginThrottle& account, TimePoint now) {
  // Only a new password or a known device helps from here on; the answer does not tell.
  if (account.failures >= limits::kLoginFailures) return limits::kLoginDelayMax;
  if (const Duration wait = wait_of(client, now); wait > Duration::zero()) return wait;
  refill(client, now);
  count(client, now);
  ++account.failures;
  account.next_at = account.failures < limits::kLoginFailures ? now : now + kForever;
  return Duration::zero();
}

std::optional<Duration> count_known(LoginThrottle& known, TimePoint now) {
  if (known.failures >= limits::kLoginFailures) return std::nullopt;
  const Duration wait = wait_of(known, now);
  if (wait > Duration::zero()) return wait;
  count(known, now);
  if (known.failures >= limits::kLoginFailures) known.next_at = now + kForever;
  return Duration::zero();
}

}  // namespace postern
