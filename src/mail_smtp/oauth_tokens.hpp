// OAuth 2.0 access tokens for SMTP (RFC 6749): by client credentials, as Microsoft 365 wants them,
// or by a refresh token, as Gmail does.
//
// A token is fetched when one is first needed, kept, and renewed before it ends; while the endpoint
// is away, the one at hand serves to its end. A token that the mail server refused is renewed at
// the next request for one.
//
// Thread contract: all members may be called from any thread; those that come while a token is
// being fetched wait for it.
// Speaks no SMTP.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>

#include "base/result.hpp"
#include "crypto/secret.hpp"
#include "mail_smtp/token_endpoint.hpp"

namespace postern {

struct OAuthOptions {
  std::string token_url;
  std::string client_id;
  /// Empty: a public client, which has a refresh token.
  Secret client_secret = {};
  /// Empty: not sent.
  std::string scope = {};
  /// Empty: the client-credentials grant.
  Secret refresh_token = {};
};

class OAuthTokens {
 public:
  using Time = std::chrono::steady_clock::time_point;

  OAuthTokens(OAuthOptions options, PostForm post,
              std::function<Time()> now = std::chrono::steady_clock::now);

  /// Error: oauth_endpoint or oauth_refused, with what the endpoint says and without a secret.
  Result<Secret> token();
  /// The mail server does not take this token; a newer one is not touched.
  void refused(const Secret& token);

 private:
  Status fetch();
  Secret form() const;
  Status read(const std::string& body, Time asked_at);
  Error refusal(const TokenResponse& response) const;
  /// Without line breaks, shortened, and with our secrets cut out.
  std::string shown(std::string_view words) const;

  const OAuthOptions options_;
  const PostForm post_;
  const std::function<Time()> now_;
  std::mutex mutex_;
  /// Replaced when the endpoint gives another one.
  Secret refresh_token_;
  Secret token_;
  Time renew_at_{};
  Time ends_at_{};
};

}  // namespace postern
