#include "oidc/authorization_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "oidc/oidc_services.hpp"
#include "oidc/redirect_uri.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

constexpr std::array<std::string_view, 4> kScopes{"openid", "email", "profile", "offline_access"};
/// Base64url of a SHA-256 (RFC 7636, 4.2).
constexpr std::size_t kChallengeCharacters = 43;

std::string_view field(const FormFields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view() : std::string_view(found->second);
}

Error invalid_request(std::string text) { return oidc_error("invalid_request", std::move(text)); }

template <class Visit>
void each_word(std::string_view words, Visit visit) {
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    if (end > 0) visit(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

Result<Prompt> read_prompt(std::string_view words) {
  Prompt prompt;
  bool known = true;
  std::size_t count = 0;
  each_word(words, [&](std::string_view word) {
    ++count;
    if (word == "none") {
      prompt.none = true;
    } else if (word == "login" || word == "select_account") {
      // There is one account in a session: another one is chosen by logging in.
      prompt.login = true;
    } else if (word == "create") {
      prompt.create = true;
    } else if (word == "consent") {
      prompt.consent = true;
    } else {
      known = false;
    }
  });
  if (!known) return invalid_request("prompt knows none, login, create, consent, select_account.");
  if (prompt.none && count > 1) return invalid_request("prompt=none stands alone.");
  return prompt;
}

Status read_challenge(const FormFields& fields, AuthorizationRequest& request) {
  const auto challenge = field(fields, "code_challenge");
  if (challenge.empty()) return invalid_request("PKCE is required: code_challenge is missing.");
  if (field(fields, "code_challenge_method") != "S256") {
    return invalid_request("code_challenge_method must be S256.");
  }
  const bool is_base64url = std::ranges::all_of(
      challenge, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
  if (challenge.size() != kChallengeCharacters || !is_base64url) {
    return invalid_request("code_challenge is not a SHA-256 in base64url.");
  }
  request.code_challenge = challenge;
  return {};
}

Status read_max_age(std::string_view text, AuthorizationRequest& request) {
  if (text.empty()) return {};
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return invalid_request("max_age is not a number of seconds.");
  }
  request.max_age_s = seconds;
  return {};
}

/// What makes a request another kind of request.
Status check_kind(const FormFields& fields) {
  if (fields.contains("request")) return oidc_error("request_not_supported", "No request objects.");
  if (fields.contains("request_uri")) {
    return oidc_error("request_uri_not_supported", "No request objects.");
  }
  const auto type = field(fields, "response_type");
  if (type.empty()) return invalid_request("response_type is missing.");
  if (type != "code") {
    return oidc_error("unsupported_response_type", "response_type must be code.");
  }
  const auto mode = field(fields, "response_mode");
  if (!mode.empty() && mode != "query") return invalid_request("response_mode must be query.");
  return {};
}

std::string redirect(const AuthorizationRequest& request, std::string_view issuer,
                     std::string parameters) {
  if (!request.state.empty()) parameters += "&state=" + percent_encode(request.state);
  parameters += "&iss=" + percent_encode(issuer);
  return with_query(request.redirect_uri, parameters);
}

}  // namespace

Status check_client(const Client* client, std::string_view redirect_uri) {
  if (!client) return oidc_error("invalid_client", "No client has this client_id.");
  if (redirect_uri.empty()) return invalid_request("redirect_uri is missing.");
  if (!matches_redirect_uri(redirect_uri, client->redirect_uris)) {
    return invalid_request("The client has not registered this redirect_uri.");
  }
  return {};
}

Status read_authorization_request(const FormFields& fields, AuthorizationRequest& request) {
  if (auto kind = check_kind(fields); !kind) return kind;
  if (auto challenge = read_challenge(fields, request); !challenge) return challenge;
  auto prompt = read_prompt(field(fields, "prompt"));
  if (!prompt) return prompt.error();
  request.prompt = *prompt;
  if (auto max_age = read_max_age(field(fields, "max_age"), request); !max_age) return max_age;
  request.scope = known_scopes(field(fields, "scope"));
  if (request.scope.empty()) {
    return oidc_error("invalid_scope", "scope has none of openid, email, profile, offline_access.");
  }
  request.nonce = field(fields, "nonce");
  request.login_hint = field(fields, "login_hint");
  request.ui_locales = field(fields, "ui_locales");
  return {};
}

std::string code_redirect(const AuthorizationRequest& request, std::string_view issuer,
                          std::string_view code) {
  return redirect(request, issuer, std::string("code=").append(code));
}

std::string error_redirect(const AuthorizationRequest& request, std::string_view issuer,
                           const Error& error) {
  std::string parameters = "error=" + error.code;
  if (!error.text.empty()) parameters += "&error_description=" + percent_encode(error.text);
  return redirect(request, issuer, std::move(parameters));
}

bool has_scope(std::string_view scopes, std::string_view scope) {
  bool found = false;
  each_word(scopes, [&](std::string_view word) { found = found || word == scope; });
  return found;
}

bool covers_scope(std::string_view scopes, std::string_view asked) {
  bool covered = true;
  each_word(asked, [&](std::string_view word) { covered = covered && has_scope(scopes, word); });
  return covered;
}

std::string known_scopes(std::string_view asked) {
  std::string known;
  each_word(asked, [&](std::string_view word) {
    if (std::ranges::find(kScopes, word) == kScopes.end() || has_scope(known, word)) return;
    known.append(known.empty() ? "" : " ").append(word);
  });
  return known;
}

}  // namespace postern
