// POST /password-strength: what the verdict on a password would be, for the meter on the form.
//
// The same code judges here and when the password is set, so that the two never disagree
// (docs/decisions/0002). Nothing is stored. Judging takes about a millisecond, so it runs where
// hashing runs, and is refused when that is busy.
#include <boost/json.hpp>

#include "account/personal_words.hpp"
#include "account/set_password.hpp"
#include "crypto/password.hpp"
#include "web/answers.hpp"
#include "web/origin_check.hpp"
#include "web/site.hpp"
#include "web/visitor.hpp"

namespace postern::web {
namespace {

http::Response describe(const PasswordVerdict& verdict) {
  boost::json::object body{{"score", verdict.score}, {"accepted", verdict.accepted}};
  if (!verdict.reason.empty()) body["reason"] = verdict.reason;
  return {200, "application/json", boost::json::serialize(body), {}};
}

PasswordVerdict judge(const Secret& password, const AccountSettings& settings,
                      std::span<const std::string> personal) {
  const auto normalised = normalise_password(password.view());
  if (!normalised) return {false, 0, std::string(weakness(normalised.error()))};
  return judge_password(normalised->view(), settings.password_min_length, personal);
}

void judge_on_pool(const SitePtr& site, Secret password, std::vector<std::string> personal,
                   const http::Respond& respond) {
  AccountServices& accounts = site->services.accounts;
  const auto task = [site, respond, password = std::move(password),
                     personal = std::move(personal)] {
    respond(describe(judge(password, site->services.accounts.settings, personal)));
  };
  if (!accounts.hashing.submit(task)) {
    respond(refuse(Error{"overloaded", Retry::kLater, "the hash pool's queue is full"}));
  }
}

/// For the account that is logged in; where there is none, its address plays no part.
void judge_for_owner(const SitePtr& site, const Credentials& credentials, const Secret& password,
                     const http::Respond& respond) {
  AccountServices& accounts = site->services.accounts;
  const auto& product = accounts.settings.product_name;
  if (!accounts.sessions || (credentials.cookie.empty() && credentials.access_token.empty())) {
    return judge_on_pool(site, password, {product}, respond);
  }
  signed_in(accounts, credentials, {},
            [site, respond, password, product](const Result<SignedIn>& person) {
              if (!person && person.error().code != "unauthorized") {
                return respond(refuse(person.error()));
              }
              judge_on_pool(site, password,
                            person ? personal_words(person->account, product)
                                   : std::vector<std::string>{product},
                            respond);
            });
}

void handle(const SitePtr& site, const http::Request& request, const http::Respond& respond) {
  AccountServices& accounts = site->services.accounts;
  if (const auto origin = check_origin(request, site->services.settings); !origin) {
    return respond(refuse(origin.error()));
  }
  const auto fields = read_fields(request);
  if (!fields) return respond(refuse(fields.error()));
  const auto typed = fields->required("password");
  if (!typed) return respond(refuse(typed.error()));
  const auto token = fields->optional("token");
  if (!token) return respond(refuse(token.error()));
  Secret password{std::string(*typed)};
  if (!*token) return judge_for_owner(site, credentials_of(request), password, respond);
  check_set_password_token(accounts, std::string(**token),
                           [site, respond, password](const Result<LiveToken>& live) {
                             if (!live) return respond(refuse(live.error()));
                             judge_on_pool(site, password, live->personal_words, respond);
                           });
}

}  // namespace

void add_strength_route(http::Router& router, const SitePtr& site) {
  router.add("POST", "/password-strength",
             [site](const http::Request& request, http::Respond respond) {
               handle(site, request, respond);
             });
}

}  // namespace postern::web
