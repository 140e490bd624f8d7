// POST /password-strength: what the verdict on a password would be, for the meter on the form.
//
// The same code judges here and when the password is set, so that the two never disagree
// (docs/decisions/0002). Nothing is stored. Judging takes about a millisecond, so it runs where
// hashing runs, and is refused when that is busy.
#include <boost/json.hpp>

#include "account/new_password.hpp"
#include "account/personal_words.hpp"
#include "account/set_password.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_context.hpp"

namespace postern {
namespace {

HttpResponse describe(const PasswordVerdict& verdict) {
  boost::json::object body{{"score", verdict.score}, {"accepted", verdict.accepted}};
  if (!verdict.reason.empty()) body["reason"] = verdict.reason;
  return {200, "application/json", boost::json::serialize(body), {}};
}

struct Question {
  WebContextPtr web;
  std::string client_network;
  Secret password;
  Respond respond;
};

void judge_on_pool(const Question& question, std::vector<std::string> personal) {
  SessionServices& accounts = question.web->services.accounts;
  const auto run = [question, personal = std::move(personal)] {
    const auto& settings = question.web->services.accounts.settings;
    question.respond(describe(judge_new_password(question.password, settings, personal)));
  };
  const auto failed = [respond = question.respond](const Error& error) {
    respond(error_response(error));
  };
  if (!accounts.hashing.submit(question.client_network, {run, failed})) {
    failed(overloaded("the hash pool's queue is full"));
  }
}

/// For the account that is logged in; where there is none, its address plays no part.
void judge_for_owner(const Question& question, const Credentials& credentials) {
  SessionServices& accounts = question.web->services.accounts;
  const auto& product = accounts.settings.product_name;
  if (credentials.cookie.empty() && credentials.access_token.empty()) {
    return judge_on_pool(question, {product});
  }
  signed_in(accounts, credentials, {}, [question, product](const Result<SignedIn>& person) {
    if (!person && person.error().code != "unauthorized") {
      return question.respond(error_response(person.error()));
    }
    judge_on_pool(question, person ? personal_words(person->account, product)
                                   : std::vector<std::string>{product});
  });
}

void handle(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  SessionServices& accounts = web->services.accounts;
  if (const auto origin = check_origin(request, web->services.settings); !origin) {
    return respond(error_response(origin.error()));
  }
  const auto fields = read_fields(request);
  if (!fields) return respond(error_response(fields.error()));
  const auto typed = fields->required("password");
  if (!typed) return respond(error_response(typed.error()));
  const auto token = fields->optional_token("token");
  if (!token) return respond(error_response(token.error()));
  const Question question{web, context_of(request).client_network, Secret(std::string(*typed)),
                          respond};
  if (!*token) return judge_for_owner(question, credentials_of(request));
  check_set_password_token(accounts, std::string(**token),
                           [question](const Result<ValidToken>& live) {
                             if (!live) return question.respond(error_response(live.error()));
                             judge_on_pool(question, live->personal_words);
                           });
}

}  // namespace

void add_strength_route(Router& router, const WebContextPtr& web) {
  router.add("POST", "/password-strength",
             [web](const HttpRequest& request, Respond respond) { handle(web, request, respond); });
}

}  // namespace postern
