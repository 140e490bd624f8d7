#include "account/password_check.hpp"

#include <memory>
#include <utility>

#include "account/login_counts.hpp"
#include "account/session_services.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

/// Of no real password, at our own cost: verified in place of a hash where there is none.
constexpr std::string_view kDummyHash =
    "$argon2id$v=19$m=19456,t=2,p=1$cG9zdGVybi1ub2JvZHkhIQ$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

using Done = std::function<void(Result<CheckedPassword>)>;

struct Check {
  SessionServices& services;
  PasswordAttempt attempt;
  Done done;
  HashPool::Slot slot;
  /// The client's claim to be known, until it is disproved; at most one of them.
  std::optional<KnownDevice> device = {};
  std::optional<SessionTokenParts> session = {};
  /// By the latest look.
  bool borne_out = true;
  bool counted = false;
  bool read = false;
  CheckedPassword result = {};
  /// Of a refused attempt.
  std::optional<Duration> wait = {};
};
using CheckPtr = std::shared_ptr<Check>;

void look_for_known(Check& check);
void go_on(const CheckPtr& check);
void queue_for_hashing(const CheckPtr& check);
void read_account(const CheckPtr& check);
void count_attempt(const CheckPtr& check);
void verify(Check& check);
bool is_borne_out(const Check& check, const Account* account, std::span<const Session> sessions);
Status count(Check& check, Store& store);
std::string known_key(const Check& check);
Status count_as_unknown(Check& check, Store& store);

}  // namespace

void check_password(SessionServices& services, PasswordAttempt attempt, Done done) {
  // Before anything is counted or written: a refused attempt has no effect.
  auto slot = services.hashing.reserve(attempt.context.client_network);
  if (!slot) return done(overloaded("the hash pool's queue is full"));
  const auto check = std::make_shared<Check>(
      Check{services, std::move(attempt), std::move(done), std::move(slot)});
  look_for_known(*check);
  go_on(check);
}

void forget_failures(const CheckedPassword& checked, SessionChanges& changes) {
  for (const auto& key : checked.throttle_keys) changes.cleared_throttles.push_back(key);
  if (checked.refund) changes.refunds.push_back(*checked.refund);
}

void forget_client_failure(SessionServices& services, CheckedPassword& checked) {
  // A decision that is made anew takes back once.
  const auto counted = std::exchange(checked.counted_client, std::nullopt);
  if (counted) services.client_failures.give_back(*counted);
}

void forget_failures(std::string_view email_key, const RequestContext& context,
                     SessionChanges& changes) {
  changes.cleared_throttles.push_back(account_throttle_key(email_key));
  changes.cleared_throttles.push_back(client_throttle_key(email_key, context.client_network));
}

namespace {

void look_for_known(Check& check) {
  const auto& attempt = check.attempt;
  const auto& services = check.services;
  if (!attempt.session_id.empty()) return;
  check.device = services.devices.find(attempt.devices, attempt.email_key, services.clock.now());
  if (!check.device) check.session = services.tokens.read(SessionTokenUse::kCookie, attempt.cookie);
}

/// A client's claim to be known is checked before the attempt is counted by it.
void go_on(const CheckPtr& check) {
  const bool says_known = check->device || check->session;
  if (check->counted || (says_known && !check->read)) {
    return check->read ? queue_for_hashing(check) : read_account(check);
  }
  count_attempt(check);
}

void queue_for_hashing(const CheckPtr& check) {
  if (check->device) check->result.device_id = check->device->id;
  check->services.hashing.submit(
      std::move(check->slot),
      {[check] { verify(*check); }, [check](const Error& error) { check->done(error); }});
}

void read_account(const CheckPtr& check) {
  Operation operation;
  operation.account = {AccountRef::By::kEmailKey, check->attempt.email_key};
  operation.reads_sessions = check->session.has_value();
  operation.decide = [check](const AccountView& current) -> Result<Changes> {
    check->result.account = current.account ? std::optional(*current.account) : std::nullopt;
    check->borne_out = is_borne_out(*check, current.account, current.sessions);
    return Changes{};
  };
  operation.done = [check](Status status) {
    if (!status) return check->done(status.error());
    check->read = true;
    if (!check->borne_out) {
      check->device.reset();
      check->session.reset();
    }
    go_on(check);
  };
  check->services.writer.submit(std::move(operation));
}

void count_attempt(const CheckPtr& check) {
  StoreTask task;
  task.run = [check](Store& store) { return count(*check, store); };
  task.done = [check](Status status) {
    if (!status) return check->done(status.error());
    check->counted = true;
    if (*check->wait == Duration::zero()) return go_on(check);
    ++check->services.attempts_limited;
    check->done(Error{.code = "too_many_attempts",
                      .retry_after = std::chrono::ceil<std::chrono::seconds>(*check->wait)});
  };
  check->services.writer.submit(std::move(task));
}

/// Runs on a thread of the hash pool.
void verify(Check& check) {
  auto& account = check.result.account;
  check.result.verified_since = check.services.steady_now();
  const auto password = normalise_password(check.attempt.password.view());
  const bool meant = password && account && account->state == AccountState::kConfirmed &&
                     is_verifiable(account->password_hash);
  const std::string_view encoded = meant ? std::string_view(account->password_hash) : kDummyHash;
  const std::string_view typed = password ? password->view() : std::string_view();
  const bool right = check.services.verify_password(encoded, typed) && meant;
  if (right && needs_rehash(account->password_hash)) {
    if (auto hash = hash_password(typed)) check.result.new_hash = *std::move(hash);
  }
  if (!right) account.reset();
  check.done(std::move(check.result));
}

/// Whether the account, as it is now, bears out what the client is known by.
bool is_borne_out(const Check& check, const Account* account, std::span<const Session> sessions) {
  if (!check.device && !check.session) return true;
  if (!account) return false;
  if (check.device) {
    return check.device->belongs_to({account->id, account->email_key, account->credential_version});
  }
  const auto& services = check.services;
  const Session* session = find_active(sessions, check.session->session_id, *account,
                                       services.session_settings, services.clock.now());
  return session && session->token_hash == check.session->hash;
}

Status count(Check& check, Store& store) {
  const auto key = known_key(check);
  if (key.empty()) return count_as_unknown(check, store);
  auto taken = store.take_throttles(std::span(&key, 1));
  if (!taken) return taken.error();
  check.wait = count_known(taken->front(), check.services.clock.now());
  if (check.wait && *check.wait == Duration::zero()) {
    check.result.throttle_keys = {key};
    check.result.refund.reset();
    return store.put_throttles(*taken);
  }
  if (check.wait) return {};
  if (check.attempt.session_id.empty()) {
    check.device.reset();
    check.session.reset();
    return count_as_unknown(check, store);
  }
  check.wait = limits::kLoginDelayMax;
  return {};
}

/// The key of what the client is known by; empty: of an unknown one.
std::string known_key(const Check& check) {
  if (!check.attempt.session_id.empty()) return session_throttle_key(check.attempt.session_id);
  if (check.session) return session_throttle_key(check.session->session_id);
  if (check.device) return device_throttle_key(check.device->id);
  return {};
}

Status count_as_unknown(Check& check, Store& store) {
  const auto& attempt = check.attempt;
  const TimePoint now = check.services.clock.now();
  auto& networks = check.services.client_failures;
  const RateKey network = networks.key_of(attempt.context.client_network);
  if (!networks.has_room(network, now)) {
    check.wait = limits::kLoginClientWait;
    return {};
  }
  const std::vector<std::string> keys{
      account_throttle_key(attempt.email_key),
      client_throttle_key(attempt.email_key, attempt.context.client_network)};
  auto taken = store.take_throttles(keys);
  if (!taken) return taken.error();
  auto &account = taken->at(0), &client = taken->at(1);
  check.wait = count_unknown(client, account, now);
  if (*check.wait > Duration::zero()) return {};
  networks.count(network, now);
  check.result.counted_client = network;
  check.result.throttle_keys = {client.key};
  check.result.refund = ThrottleRefund{account.key, client.failures, now};
  return store.put_throttles(*taken);
}

}  // namespace
}  // namespace postern
