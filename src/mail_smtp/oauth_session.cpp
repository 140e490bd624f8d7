// The session's part that logs in by an OAuth 2.0 access token: XOAUTH2, as Google and Microsoft
// define it, and OAUTHBEARER (RFC 7628).
#include <boost/json.hpp>

#include "base/oauth_limits.hpp"
#include "mail_smtp/oauth_messages.hpp"
#include "mail_smtp/oauth_tokens.hpp"
#include "mail_smtp/smtp_session.hpp"

namespace postern {
namespace {

Error auth_error(std::string detail) {
  return Error{"smtp_auth", Retry::kLater, std::move(detail)};
}

}  // namespace

Result<SmtpAuth> SmtpSession::oauth_mechanism() const {
  const bool any = options_.auth == SmtpAuth::kAuto;
  if (capabilities_.auth_xoauth2 && (any || options_.auth == SmtpAuth::kXoauth2)) {
    return SmtpAuth::kXoauth2;
  }
  if (capabilities_.auth_oauthbearer && (any || options_.auth == SmtpAuth::kOauthbearer)) {
    return SmtpAuth::kOauthbearer;
  }
  return auth_error(options_.auth == SmtpAuth::kXoauth2
                        ? "the mail server does not offer AUTH XOAUTH2"
                    : options_.auth == SmtpAuth::kOauthbearer
                        ? "the mail server does not offer AUTH OAUTHBEARER"
                        : "the mail server offers neither AUTH XOAUTH2 nor AUTH OAUTHBEARER");
}

Status SmtpSession::authenticate_oauth(SmtpDeadline deadline) {
  const auto mechanism = oauth_mechanism();
  if (!mechanism) return mechanism.error();
  // A token may have been revoked before its end: one that was refused is renewed once.
  for (bool renewed = false;; renewed = true) {
    const auto token = options_.oauth->token();
    if (!token) return token.error();
    auto refusal = try_token(*mechanism, *token, deadline);
    if (!refusal) return refusal.error();
    if (refusal->empty()) return {};
    options_.oauth->refused(*token);
    if (renewed) return auth_error("AUTH: " + *refusal);
  }
}

Result<std::string> SmtpSession::try_token(SmtpAuth mechanism, const Secret& token,
                                           SmtpDeadline deadline) {
  const OAuthLogin login{options_.user, options_.host, options_.port, token.view()};
  const bool is_bearer = mechanism == SmtpAuth::kOauthbearer;
  const Secret line = is_bearer ? oauthbearer_line(login) : xoauth2_line(login);
  Result<SmtpReply> reply = command(line.view(), deadline);
  if (!reply) return reply.error();
  std::string detail;
  if (reply->code == 334) {
    // The server's reason comes as a challenge; an empty answer, or the dummy one of RFC 7628,
    // section 3.2.3, gets its refusal.
    detail = oauth_error_detail(reply->lines.empty() ? std::string() : reply->lines.back(), token);
    reply = command(is_bearer ? "AQ==\r\n" : "\r\n", deadline);
    if (!reply) return reply.error();
  }
  if (reply->code == 235) return std::string();
  return server_codes(*reply) + (detail.empty() ? "" : " (" + detail + ')');
}

}  // namespace postern
