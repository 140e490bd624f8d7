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
  return signer_.mint(purpose, claims);
}

std::vector<std::string> SessionTest::kinds() const {
  std::vector<std::string> kinds;
  for (const auto& entry : database_.state().outbox) kinds.push_back(entry.row.kind);
  return kinds;
}

}  // namespace postern
