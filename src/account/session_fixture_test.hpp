// The operations on sessions over a database in memory and a real writer, waited for.
//
// Thread contract: belongs to one test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "account/change_email.hpp"
#include "account/change_password.hpp"
#include "account/delete_account.hpp"
#include "account/end_sessions.hpp"
#include "account/login.hpp"
#include "account/password_check.hpp"
#include "account/refresh.hpp"
#include "account/session_services.hpp"
#include "account/set_password.hpp"
#include "account/signing_keys.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "crypto/sealed.hpp"
#include "fakes/memory_store.hpp"
#include "queue/job_codec.hpp"

namespace postern {

inline constexpr const char* kRight = "a quiet green river 7";
inline constexpr const char* kWrong = "a wrong quiet river 9";
inline constexpr const char* kNew = "another quiet river 8";
inline constexpr const char* kIssuer = "http://localhost:5001";
inline constexpr const char* kAnna = "anna@example.com";

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    services_.verify_password = [this](std::string_view encoded, std::string_view password) {
      ++hashes_;
      return verify_password(encoded, password);
    };
    EXPECT_TRUE(keys_.load());
  }

  /// Calls `start` with a callback and waits for what it gets.
  template <class T, class Start>
  static T wait(Start start) {
    const auto answer = std::make_shared<std::promise<T>>();
    auto future = answer->get_future();
    start([answer](T result) { answer->set_value(std::move(result)); });
    return future.get();
  }

  std::string put(const std::string& address, AccountState state = AccountState::kConfirmed,
                  const std::string& hash = hash_of_right());
  static std::string hash_of_right() {
    static const std::string hash = *hash_password(kRight);
    return hash;
  }

  /// Where the next login comes from.
  struct From {
    std::string network = "192.0.2.1";
    std::string devices = {};
  };

  void start_login(const std::string& address, const std::string& password,
                   std::function<void(Result<SessionGrant>)> done,
                   SessionKind kind = SessionKind::kBearer, const std::string& old_cookie = {});
  Result<SessionGrant> login(const std::string& address, const std::string& password,
                             SessionKind kind = SessionKind::kBearer,
                             const std::string& old_cookie = {}) {
    return wait<Result<SessionGrant>>(
        [&](auto done) { start_login(address, password, done, kind, old_cookie); });
  }
  /// The tokens that a refresh gives, or the code of its error; never a crash.
  std::string refresh_token(const std::string& token) {
    const auto next = refreshed(token);
    return next ? next->token : next.error().code;
  }
  std::string login_code(const std::string& address, const std::string& password, From from) {
    const From before = std::exchange(from_, std::move(from));
    const auto code = login_code(address, password);
    from_ = before;
    return code;
  }
  /// Wrong passwords, five from each of so many networks; they are not hashed.
  void spend_ceiling(const std::string& address, int networks = 20);
  std::string login_code(const std::string& address, const std::string& password) {
    const auto grant = login(address, password);
    return grant ? "" : grant.error().code;
  }
  SessionGrant granted(const std::string& address = kAnna, const std::string& password = kRight) {
    auto grant = login(address, password);
    EXPECT_TRUE(grant) << (grant ? "" : grant.error().code);
    return grant ? *grant : SessionGrant{};
  }
  Result<SessionGrant> refreshed(const std::string& token) {
    return wait<Result<SessionGrant>>(
        [&](auto done) { refresh(services_, {token, {}, {}}, done); });
  }
  Result<SignedIn> enter(const Credentials& credentials) {
    return wait<Result<SignedIn>>([&](auto done) { signed_in(services_, credentials, {}, done); });
  }
  static Credentials bearer(const SessionGrant& grant) { return {grant.access_token, {}, {}}; }
  static Credentials cookie(const SessionGrant& grant) { return {{}, grant.token, {}}; }

  std::string change(const Credentials& credentials, const std::string& current,
                     const std::string& wanted);
  std::string ask_for_email(const Credentials& credentials, const std::string& address,
                            const std::string& password = kRight);
  std::string confirm(const std::string& token, const Credentials& credentials = {}) {
    const auto result = wait<Result<ValidEmailToken>>(
        [&](auto done) { confirm_email(services_, {token, credentials, context()}, done); });
    return result ? "" : result.error().code;
  }
  std::string set(const std::string& token, const std::string& password = kNew);
  RequestContext context() const {
    return {{}, {}, from_.network, {"Firefox, Linux", from_.network}};
  }

  /// As the worker mints it.
  std::string mail_token(MailTokenPurpose purpose, const std::string& address,
                         const std::string& new_address = {}) const;
  /// Of the emails in the outbox.
  std::vector<std::string> kinds() const;
  static std::string code(const Status& status) { return status ? "" : status.error().code; }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'795'361'400'000)};
  fakes::MemoryDatabase database_;
  Writer writer_{std::make_unique<fakes::MemoryStore>(database_), log_};
  HashPool hashing_{2, limits::kHashQueue};
  Secret key_{std::string(64, 'k')};
  MailTokenSigner signer_ = MailTokenSigner::hs256(key_, kIssuer);
  MailTokenVerifier verifier_ = MailTokenVerifier::hs256(key_, kIssuer);
  SessionTokens tokens_{key_};
  AccessKeys keys_{writer_, key_, {kIssuer, std::chrono::minutes(15)}, clock_, log_};
  DeviceTokens devices_{key_};
  SessionServices services_{{writer_, clock_}, hashing_, verifier_, tokens_, keys_, devices_};
  SessionServices* logged_in_by_ = &services_;
  std::atomic<int> hashes_ = 0;
  From from_;
  int other_networks_ = 0;
  /// The device that set the last password.
  std::string device_;
};

}  // namespace postern
