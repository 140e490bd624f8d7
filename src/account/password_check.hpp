// Is this the account's password? For a login, and for what wants the password again.
//
//   room in the pool ─► count the attempt ─► read the account ─► hash once on the pool, whatever
//   the account's state
//
// Also the limits on guessing. An attempt is counted before its hash, so that a burst of parallel
// guesses is as many guesses. By what it is counted depends on who tries:
//
//   an unknown device   by the address and the client's network, with delays that grow; by the
//                       address alone: no more than limits::kLoginFailures (NIST SP 800-63B-4); and
//                       by the network alone, for a few guesses at each of many addresses
//   a known device      by the device alone
//   a living session    by the session alone
//
// So what others spend is not the owner's: the owner gets in from a known device, and anywhere
// else after a new password. A device or a session of limits::kLoginFailures is no better than
// none. Known and unknown addresses are counted alike.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/session_services.hpp"
#include "crypto/device_token.hpp"
#include "crypto/secret.hpp"
#include "model/login_throttle.hpp"

namespace postern {

struct PasswordAttempt {
  std::string email_key;
  /// As typed.
  Secret password;
  RequestContext context;
  /// The list of device tokens that the client has; empty: none.
  std::string devices = {};
  /// The session cookie of a browser that logs in again; empty: none.
  std::string cookie = {};
  /// The id of a living session that asks for its password again; then the two above are not looked
  /// at.
  std::string session_id = {};
};

struct CheckedPassword {
  /// The account as it was read, when the password is right and the account may be used.
  std::optional<Account> account = {};
  /// The password's hash at today's cost, when the stored one is cheaper.
  std::string new_hash = {};
  /// The device that the client is known by; empty: an unknown one.
  std::string device_id = {};
  /// The failures that a success clears, for forget_failures().
  std::vector<std::string> throttle_keys = {};
  std::optional<ThrottleRefund> refund = {};
  /// The client's network was counted, and a success takes that back.
  std::optional<RateKey> counted_client = {};
  /// When its hash began.
  std::chrono::steady_clock::time_point verified_since = {};
};

/// For the changes of an operation that the right password allows. Of the address alone no more is
/// taken back than the client's own failures, so that others cannot see that a user logged in.
void forget_failures(const CheckedPassword& checked, SessionChanges& changes);

/// The same for the client's network. On the writer's thread.
void forget_client_failure(SessionServices& services, CheckedPassword& checked);

/// For a new password: it has had no failures, and the client that set it may go on at once.
void forget_failures(std::string_view email_key, const RequestContext& context,
                     SessionChanges& changes);

/// How long after its n-th wrong password in a row a client waits.
Duration login_delay(std::int64_t failures);

/// `done` runs on a thread of the hash pool, or at once with an error. Errors: too_many_attempts
/// (with retry_after), overloaded.
void check_password(SessionServices& services, PasswordAttempt attempt,
                    std::function<void(Result<CheckedPassword>)> done);

}  // namespace postern
