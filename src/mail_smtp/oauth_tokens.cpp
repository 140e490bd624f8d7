#include "mail_smtp/oauth_tokens.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "base/oauth_limits.hpp"
#include "text/ascii.hpp"
#include "text/form.hpp"
#include "text/json.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

using std::chrono::seconds;

Error unusable(const char* why) {
  return Error{"oauth_endpoint", Retry::kLater, std::string("token endpoint: ") + why};
}

std::optional<std::string> text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

/// Seconds as a number, or as a string of digits, which some endpoints send.
std::optional<seconds> life_of(const boost::json::object& object) {
  const auto* value = object.if_contains("expires_in");
  if (value == nullptr) return limits::kTokenLifeUnknown;
  std::int64_t life = 0;
  if (value->is_string()) {
    const std::string text(value->get_string());
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, life);
    if (error != std::errc() || stop != end) return std::nullopt;
  } else if (value->is_int64()) {
    life = value->get_int64();
  } else {
    return std::nullopt;
  }
  if (life <= 0) return std::nullopt;
  return std::min(seconds(life), seconds(limits::kTokenLifeMost));
}

/// The characters that RFC 6750 allows in a bearer token, and none that would end a line.
bool is_bearer_token(std::string_view token) {
  return !token.empty() && token.size() <= limits::kAccessTokenBytes &&
         std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7F; });
}

void cut_out(std::string& text, std::string_view secret) {
  if (secret.empty()) return;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

OAuthTokens::OAuthTokens(OAuthOptions options, PostForm post, std::function<Time()> now)
    : options_(std::move(options)),
      post_(std::move(post)),
      now_(std::move(now)),
      refresh_token_(options_.refresh_token) {}

Result<Secret> OAuthTokens::token() {
  const std::lock_guard lock(mutex_);
  if (!token_.empty() && now_() < renew_at_) return token_;
  if (const Status fetched = fetch(); !fetched) {
    // It is early to renew: the one at hand is good for a while.
    if (token_.empty() || now_() >= ends_at_) return fetched.error();
  }
  return token_;
}

void OAuthTokens::refused(const Secret& token) {
  const std::lock_guard lock(mutex_);
  if (token_.view() == token.view()) token_ = Secret();
}

Status OAuthTokens::fetch() {
  const Time asked_at = now_();
  const auto response = post_(options_.token_url, form());
  if (!response) return response.error();
  if (response->status != 200) return refusal(*response);
  return read(response->body, asked_at);
}

Secret OAuthTokens::form() const {
  std::string form;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    form.append(form.empty() ? "" : "&").append(name).append("=").append(percent_encode(value));
  };
  add("grant_type", refresh_token_.empty() ? "client_credentials" : "refresh_token");
  add("client_id", options_.client_id);
  add("client_secret", options_.client_secret.view());
  add("refresh_token", refresh_token_.view());
  add("scope", options_.scope);
  return Secret(std::move(form));
}

Status OAuthTokens::read(const std::string& body, Time asked_at) {
  const auto object = parse_json_object(body);
  if (!object) return unusable("the answer is not JSON");
  auto token = text_of(*object, "access_token");
  if (!token || !is_bearer_token(*token)) return unusable("the answer has no usable access_token");
  const auto type = text_of(*object, "token_type");
  if (!type || !ascii::equals_ignoring_case(*type, "Bearer")) {
    return unusable("the token_type is not Bearer");
  }
  const auto life = life_of(*object);
  if (!life) return unusable("expires_in is not a number of seconds");
  if (auto next = text_of(*object, "refresh_token");
      next && !next->empty() && !refresh_token_.empty()) {
    refresh_token_ = Secret(*std::move(next));
  }
  token_ = Secret(*std::move(token));
  ends_at_ = asked_at + *life;
  renew_at_ = ends_at_ - std::min<seconds>(limits::kTokenRenewBefore, *life / 5);
  return {};
}

Error OAuthTokens::refusal(const TokenResponse& response) const {
  std::string words = "HTTP " + std::to_string(response.status);
  if (const auto object = parse_json_object(response.body)) {
    for (const char* name : {"error", "error_description"}) {
      if (const auto text = text_of(*object, name)) words += ' ' + *text;
    }
  }
  // An endpoint that is overloaded or broken says nothing about the credentials.
  const bool is_down = response.status >= 500 || response.status == 429;
  return Error{is_down ? "oauth_endpoint" : "oauth_refused", Retry::kLater,
               "token endpoint: " + shown(words)};
}

std::string OAuthTokens::shown(std::string_view words) const {
  std::string text = one_line(words);
  for (const auto* secret : {&options_.client_secret, &refresh_token_, &token_}) {
    cut_out(text, secret->view());
  }
  if (text.size() > limits::kTokenWordsBytes) text.resize(limits::kTokenWordsBytes);
  return one_line(text);
}

}  // namespace postern
