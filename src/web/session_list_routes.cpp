// /me/sessions: where a person is logged in, and ending it there.
#include <boost/json.hpp>

#include "account/end_sessions.hpp"
#include "account/session_json.hpp"
#include "web/account_page.hpp"
#include "web/negotiation.hpp"
#include "web/origin_check.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"

namespace postern {
namespace {

HttpResponse list(const WebContext& web, const SignedIn& person) {
  const auto& services = web.services.accounts;
  boost::json::array sessions;
  for (const auto& session : person.sessions) {
    const auto now = services.clock.now();
    if (!is_active(session, person.account, services.session_settings, now)) continue;
    auto shown = to_json(session);
    shown["current"] = session.id == person.session.id;
    sessions.push_back(std::move(shown));
  }
  const boost::json::object body{{"sessions", std::move(sessions)}};
  return {200, "application/json", boost::json::serialize(body), {}};
}

void get_sessions(const WebCallPtr& call) {
  signed_in(call->accounts(), credentials_of(call), {}, [call](const Result<SignedIn>& person) {
    call->respond(person ? list(*call->web, *person) : error_response(person.error()));
  });
}

/// Ends the session of that id, or all others where it is empty.
void end(const WebCallPtr& call, std::string id) {
  call->form = account_form::kSessions;
  const auto done = [call](const Status& status) {
    if (status) {
      return call->respond(call->html ? see_other("/account?done=sessions")
                                      : HttpResponse{204, {}, {}, {}});
    }
    call->html ? refuse_form(call, status.error()) : call->respond(error_response(status.error()));
  };
  const auto origin = check_origin(call->request, call->web->services.settings);
  if (!origin) return done(origin);
  const auto credentials = credentials_of(call);
  const auto context = context_of(call->request);
  if (id.empty()) return end_other_sessions(call->accounts(), credentials, context, done);
  end_session(call->accounts(), credentials, std::move(id), context, done);
}

void end_others(const WebCallPtr& call) { end(call, {}); }

void end_one(const WebCallPtr& call) {
  const auto& path = call->request.path;
  end(call, path.substr(path.rfind('/') + 1));
}

/// A form's DELETE, with the id in a field.
void post_sessions(const WebCallPtr& call) {
  const auto& request = call->request;
  const auto fields = read_fields(request);
  if (!fields) return call->respond(error_response_for(*call->web, request, fields.error()));
  const auto id = fields->optional("id");
  if (!id) return call->respond(error_response_for(*call->web, request, id.error()));
  end(call, std::string(id->value_or("")));
}

}  // namespace

void add_session_list_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", "/me/sessions", get_sessions);
  add_route(router, web, "POST", "/me/sessions", post_sessions);
  add_route(router, web, "DELETE", "/me/sessions", end_others);
  add_route(router, web, "DELETE", "/me/sessions/{id}", end_one);
}

}  // namespace postern
