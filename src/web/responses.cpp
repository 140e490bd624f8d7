#include "web/responses.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>

#include "base/limits.hpp"

namespace postern {
namespace {

constexpr std::string_view kAccepted =
    R"({"status":"accepted",)"
    R"("message":"If this address can receive email, a link is on its way."})";
constexpr std::string_view kPasswordSet = "The password is set. Earlier links no longer work.";

struct Known {
  std::string_view code;
  int status;
  /// Empty: the error's own text.
  std::string_view detail;
};

constexpr std::array kKnown = {
    Known{"invalid_json", 400, "The body is not one JSON object in strict form."},
    Known{"invalid_form", 400, "The form or the query cannot be read."},
    Known{"unsupported_media_type", 415, {}},
    Known{"missing_field", 400, {}},
    Known{"invalid_field", 400, {}},
    Known{"invalid_email", 400, "The field \"email\" must be one plain email address."},
    Known{"invalid_return_to", 400, "The field \"return_to\" is not an address we link to."},
    Known{"invalid_token", 400,
          "The token is not valid, was used, or is too old. Ask for another."},
    Known{"weak_password", 422, {}},
    Known{"cross_site", 403, {}},
    Known{"unauthorized", 401, "Log in first: there is no session, or it has ended."},
    Known{"invalid_credentials", 401, "Incorrect email or password."},
    Known{"wrong_password", 403, "Incorrect current password."},
    Known{"too_many_attempts", 429,
          "Too many incorrect passwords. Wait, or set a new password by email."},
    Known{"email_taken", 409, "Another account already uses this email address."},
    Known{"not_found", 404, "There is no such thing."},
    Known{"overloaded", 503, "Too much to do at the moment. Please try again in a few seconds."},
    Known{"store_unavailable", 503, "Nothing can be stored at the moment. Please try again soon."},
};

struct Weakness {
  std::string_view reason;
  std::string_view detail;
};

constexpr std::array kWeaknesses = {
    Weakness{"too_short", "The password is too short."},
    Weakness{"too_long", "The password is too long."},
    Weakness{"common", "The password is too easy to guess."},
    Weakness{"personal", "The password is too close to the address or to the service's name."},
    Weakness{"breached", "The password is known from a data breach elsewhere."},
    Weakness{"not_text", "The password holds something that is not text."},
    Weakness{"other", "The password is not acceptable."},
};

const Known* find_known(std::string_view code) {
  const auto* known = std::find_if(kKnown.begin(), kKnown.end(),
                                   [&](const Known& entry) { return entry.code == code; });
  return known == kKnown.end() ? nullptr : known;
}

const Weakness& find_weakness(std::string_view reason) {
  const auto* known = std::find_if(kWeaknesses.begin(), kWeaknesses.end(),
                                   [&](const Weakness& entry) { return entry.reason == reason; });
  return known == kWeaknesses.end() ? kWeaknesses.back() : *known;
}

HttpResponse refuse_weak_password(const Error& error) {
  const Weakness& known = find_weakness(error.reason);
  return problem(422, "weak_password", known.detail, {{"reason", known.reason}});
}

}  // namespace

HttpResponse accepted() { return {202, "application/json", std::string(kAccepted), {}}; }

HttpResponse password_is_set(std::string_view device_token) {
  boost::json::object body{{"status", "password_set"}, {"message", kPasswordSet}};
  if (!device_token.empty()) body["device_token"] = device_token;
  return {200, "application/json", boost::json::serialize(body), {}};
}

int status_of(const Error& error) {
  if (const Known* known = find_known(error.code)) return known->status;
  return error.retry == Retry::kLater ? 503 : 500;
}

HttpResponse error_response(const Error& error) {
  if (error.code == "weak_password") return refuse_weak_password(error);
  const Known* known = find_known(error.code);
  const std::string_view detail = !known                  ? "Something went wrong on our side."
                                  : known->detail.empty() ? std::string_view(error.text)
                                                          : known->detail;
  auto response = problem(status_of(error), error.code, detail);
  add_error_headers(response, error);
  return response;
}

void add_error_headers(HttpResponse& response, const Error& error) {
  if (error.retry_after.count() > 0) {
    response.headers.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
  } else {
    ask_to_retry(response);
  }
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
}

std::string_view weakness(const Error& error) { return find_weakness(error.reason).reason; }

void ask_to_retry(HttpResponse& response) {
  if (response.status != 503) return;
  response.headers.emplace_back("Retry-After", std::to_string(limits::kRetryAfter.count()));
}

}  // namespace postern
