#include "account/session_fixture_test.hpp"

namespace postern {

std::string SessionTest::put(const std::string& address, AccountState state,
                             const std::string& hash) {
  Account account;
  account.id = new_id(clock_.now());
  account.email = address;
  account.email_key = parse_email(address)->key;
  account.state = state;
  account.password_hash = hash;
  account.locale = "en";
  database_.put(account);
  return account.id;
}

std::string SessionTest::mail_token(MailTokenPurpose purpose, const std::string& address,
                                    const std::string& new_address) const {
  const auto account = *database_.account_of(address);
  MailTokenClaims claims;
  claims.account_id = account.id;
  claims.credential_version = account.credential_version;
  claims.token_id = new_id(clock_.now());
  claims.issued_at = clock_.now();
  claims.expires_at = clock_.now() + std::chrono::minutes(60);
  if (!new_address.empty()) claims.email_mark = email_mark(new_address);
  return *signer_.mint(purpose, claims);
}

std::vector<std::string> SessionTest::kinds() const {
  std::vector<std::string> kinds;
  for (const auto& entry : database_.state().outbox) kinds.push_back(entry.row.kind);
  return kinds;
}

void SessionTest::start_login(const std::string& address, const std::string& password,
                              std::function<void(Result<SessionGrant>)> done, SessionKind kind,
                              const std::string& old_cookie) {
  LoginRequest request;
  request.email = *parse_email(address);
  request.password = Secret(password);
  request.kind = kind;
  request.device = {"a browser", "192.0.2.1"};
  request.old_cookie = old_cookie;
  request.context.client_network = from_.network;
  request.devices = from_.devices;
  log_in(*logged_in_by_, std::move(request), std::move(done));
}

void SessionTest::spend_ceiling(const std::string& address, int networks) {
  const auto real = std::exchange(services_.verify_password,
                                  [](std::string_view, std::string_view) { return false; });
  for (int i = 0; i < networks * 5; ++i) {
    const auto network = "198.51.100." + std::to_string(other_networks_ + i / 5);
    EXPECT_EQ(login_code(address, kWrong, {network}), "invalid_credentials") << i;
  }
  other_networks_ += networks;
  services_.verify_password = real;
}

std::string SessionTest::change(const Credentials& credentials, const std::string& current,
                                const std::string& wanted) {
  const auto result = wait<Result<ChangedPassword>>([&](auto done) {
    change_password(services_, credentials, {Secret(current), Secret(wanted), context()}, done);
  });
  return result ? "" : result.error().code;
}

std::string SessionTest::ask_for_email(const Credentials& credentials, const std::string& address,
                                       const std::string& password) {
  return code(wait<Status>([&](auto done) {
    request_email_change(services_, credentials,
                         {*parse_email(address), Secret(password), context()}, done);
  }));
}

std::string SessionTest::set(const std::string& token, const std::string& password) {
  const auto result = wait<Result<ValidToken>>([&](auto done) {
    set_password(services_, {token, Secret(password), context()},
                 [done](const Status& status, const ValidToken* valid) {
                   done(status ? Result<ValidToken>(*valid) : status.error());
                 });
  });
  if (result) device_ = result->device;
  return result ? "" : result.error().code;
}

}  // namespace postern
