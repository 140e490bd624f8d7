#include "account/new_session.hpp"

#include "base/ids.hpp"

namespace postern {

Result<NewSession> make_session(const SessionServices& services, const Account& account,
                                SessionKind kind, const Device& device) {
  const TimePoint now = services.clock.now();
  Session session;
  session.id = new_id(now);
  session.account_id = account.id;
  session.kind = kind;
  session.methods = "pwd";
  session.created_at = session.last_used_at = now;
  session.expires_at = now + services.session_settings.session_ttl;
  session.credential_version = account.credential_version;
  session.user_agent = device.user_agent;
  session.ip = device.ip;
  const bool cookie = kind == SessionKind::kCookie;
  auto token = services.tokens.make(cookie ? SessionTokenUse::kCookie : SessionTokenUse::kRefresh,
                                    session.id, account.id);
  if (!token) return token.error();
  session.token_hash = hash_session_token(*token);
  return NewSession{std::move(session), *std::move(token)};
}

}  // namespace postern
