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
    if (!is_active(session, person.account, services.sessions->settings, now)) continue;
    auto shown = to_json(session);
    shown["current"] = session.id == person.session.id;
    sessions.push_back(std::move(shown));
  }
  const boost::json::object body{{"sessions", std::move(sessions)}};
  return {200, "application/json", boost::json::serialize(body), {}};
}

void get_sessions(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  signed_in(web->services.accounts, credentials_of(request), {},
            [web, respond](const Result<SignedIn>& person) {
              respond(person ? list(*web, *person) : error_response(person.error()));
            });
}

/// Ends the session of that id, or all others where it is empty.
void end(const WebContextPtr& web, const HttpRequest& request, std::string id,
         const Respond& respond) {
  const bool html = wants_html(request);
  const auto done = [web, &request, respond, html](const Status& status) {
    if (status) {
      return respond(html ? see_other("/account?done=sessions") : HttpResponse{204, {}, {}, {}});
    }
    html ? refuse_form(web, request, status.error(), respond)
         : respond(error_response(status.error()));
  };
  if (const auto origin = check_origin(request, web->services.settings); !origin) {
    return done(origin);
  }
  auto& accounts = web->services.accounts;
  const auto credentials = credentials_of(request);
  if (id.empty()) return end_other_sessions(accounts, credentials, context_of(request), done);
  end_session(accounts, credentials, std::move(id), context_of(request), done);
}

/// A form's DELETE, with the id in a field.
void post_sessions(const WebContextPtr& web, const HttpRequest& request, const Respond& respond) {
  const auto fields = read_fields(request);
  if (!fields) return respond(error_response_for(*web, request, fields.error()));
  const auto id = fields->optional("id");
  if (!id) return respond(error_response_for(*web, request, id.error()));
  end(web, request, std::string(id->value_or("")), respond);
}

}  // namespace

void add_session_list_routes(Router& router, const WebContextPtr& web) {
  const auto add = [&](std::string_view method, std::string_view path, auto handle) {
    router.add(method, path, [web, handle](const HttpRequest& request, const Respond& respond) {
      handle(web, request, respond);
    });
  };
  add("GET", "/me/sessions", get_sessions);
  add("POST", "/me/sessions", post_sessions);
  add("DELETE", "/me/sessions",
      [](const WebContextPtr& at, const HttpRequest& request, const Respond& respond) {
        end(at, request, {}, respond);
      });
  add("DELETE", "/me/sessions/{id}",
      [](const WebContextPtr& at, const HttpRequest& request, const Respond& respond) {
        end(at, request, request.path.substr(request.path.rfind('/') + 1), respond);
      });
}

}  // namespace postern
