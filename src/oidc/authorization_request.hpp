// An authorization request (RFC 6749, 4.1.1; OpenID Connect Core, 3.1.2.1): reading it, and the
// response to it in the client's redirect URI.
//
// Thread contract: pure functions over plain data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/client.hpp"
#include "text/form.hpp"

namespace postern {

/// `prompt`, of which a request has at most one, or login and consent together.
struct Prompt {
  bool none = false;
  bool login = false;
  bool create = false;
  bool consent = false;
};

struct AuthorizationRequest {
  std::string client_id;
  std::string redirect_uri;
  /// Both byte for byte as they came; may be empty.
  std::string state = {};
  std::string nonce = {};
  /// Those that are known here, space-separated, each once.
  std::string scope = {};
  /// Of S256.
  std::string code_challenge = {};
  Prompt prompt = {};
  std::optional<std::int64_t> max_age_s = {};
  std::string login_hint = {};
  std::string ui_locales = {};
  /// When it came here.
  TimePoint started_at = {};
};

/// An error of it is shown on a page: there is no proven redirect URI yet.
Status check_client(const Client* client, std::string_view redirect_uri);

/// Reads what check_client() does not; `request` has client and redirect URI already, and its state
/// where there is one. An error of it goes back to the client. Errors: invalid_request,
/// unsupported_response_type, invalid_scope, request_not_supported, request_uri_not_supported.
Status read_authorization_request(const FormFields& fields, AuthorizationRequest& request);

/// The redirect URI with a code and `iss` (RFC 9207), or with an error.
std::string code_redirect(const AuthorizationRequest& request, std::string_view issuer,
                          std::string_view code);
std::string error_redirect(const AuthorizationRequest& request, std::string_view issuer,
                           const Error& error);

bool has_scope(std::string_view scopes, std::string_view scope);
/// Whether each of `asked` is among `scopes`.
bool covers_scope(std::string_view scopes, std::string_view asked);
/// Those of `asked` that are known here, each once, in the order of asking.
std::string known_scopes(std::string_view asked);

}  // namespace postern
