#include "account/password_check.hpp"

#include <algorithm>
#include <memory>

#include "account/session_services.hpp"
#include "base/limits.hpp"
#include "crypto/base64url.hpp"

namespace postern {
namespace {

/// Of no password that anybody has, at our own cost: what is verified where there is nothing to.
constexpr std::string_view kNobodysHash =
    "$argon2id$v=19$m=19456,t=2,p=1$cG9zdGVybi1ub2JvZHkhIQ$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Of an address that only a letter opens again: it must not be forgotten with old ones.
constexpr Duration kForever = std::chrono::hours(24 * 36'500);

using Done = std::function<void(Result<CheckedPassword>)>;

struct Check {
  AccountServices& services;
  std::string email_key;
  Secret password;
  Done done;
  HashPool::Slot slot;
  CheckedPassword result;
  /// Of a refused attempt.
  std::optional<Duration> wait;
};
using CheckPtr = std::shared_ptr<Check>;

/// How long the next attempt has to wait; zero when it may be made now.
Duration wait_of(const LoginThrottle& throttle, TimePoint now) {
  // Only a password that is set by letter helps from here on; the answer does not tell.
  if (throttle.failures >= limits::kLoginFailures) return limits::kLoginDelayMax;
  const Duration left = throttle.next_at - now;
  // What is further away was written by a clock that has been set back since.
  return left > limits::kLoginDelayMax ? Duration::zero() : std::max(left, Duration::zero());
}

Status count_attempt(Check& check, Store& store) {
  const TimePoint now = check.services.clock.now();
  auto throttle = store.take_throttle(check.result.throttle_key);
  if (!throttle) return throttle.error();
  const Duration wait = wait_of(*throttle, now);
  check.wait.reset();
  if (wait > Duration::zero()) {
    check.wait = wait;
    return {};
  }
  ++throttle->failures;
  throttle->next_at = now + login_delay(throttle->failures);
  return store.put_throttle(*throttle);
}

/// Runs on a thread of the hash pool.
void verify(Check& check) {
  auto& account = check.result.account;
  const auto password = normalise_password(check.password.view());
  const bool meant = password && account && account->state == AccountState::kConfirmed &&
                     is_verifiable(account->password_hash);
  const std::string_view encoded = meant ? std::string_view(account->password_hash) : kNobodysHash;
  const std::string_view typed = password ? password->view() : std::string_view();
  const bool right = check.services.sessions->verify_password(encoded, typed) && meant;
  if (right && needs_rehash(account->password_hash)) {
    if (auto hash = hash_password(typed)) check.result.new_hash = *std::move(hash);
  }
  if (!right) account.reset();
  check.done(std::move(check.result));
}

void read_account(const CheckPtr& check) {
  Operation operation;
  operation.account = {AccountRef::By::kEmailKey, check->email_key};
  operation.decide = [check](const Account* current) -> Result<Changes> {
    check->result.account = current ? std::optional(*current) : std::nullopt;
    return Changes{};
  };
  operation.done = [check](Status status) {
    if (!status) return check->done(status.error());
    check->services.hashing.submit(std::move(check->slot), [check] { verify(*check); });
  };
  check->services.writer.submit(std::move(operation));
}

}  // namespace

std::string throttle_key(std::string_view email_key) { return base64url_encode(sha256(email_key)); }

Duration login_delay(std::int64_t failures) {
  if (failures < limits::kLoginFreeFailures) return Duration::zero();
  if (failures >= limits::kLoginFailures) return kForever;
  const auto doublings = std::min<std::int64_t>(failures - limits::kLoginFreeFailures, 20);
  const Duration delay = Duration(limits::kLoginDelayMin) * (std::int64_t{1} << doublings);
  return std::min<Duration>(delay, limits::kLoginDelayMax);
}

void check_password(AccountServices& services, std::string email_key, Secret password, Done done) {
  // Before anything is counted or written: a refused attempt costs nobody anything.
  auto slot = services.hashing.reserve();
  if (!slot) return done(overloaded("the hash pool's queue is full"));
  auto check = std::make_shared<Check>(Check{services,
                                             std::move(email_key),
                                             std::move(password),
                                             std::move(done),
                                             std::move(slot),
                                             {},
                                             {}});
  check->result.throttle_key = throttle_key(check->email_key);
  StoreTask task;
  task.run = [check](Store& store) { return count_attempt(*check, store); };
  task.done = [check](Status status) {
    if (!status) return check->done(status.error());
    if (!check->wait) return read_account(check);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*check->wait).count();
    check->done(Error{"too_many_attempts", Retry::kLater, std::to_string(seconds)});
  };
  services.writer.submit(std::move(task));
}

}  // namespace postern
