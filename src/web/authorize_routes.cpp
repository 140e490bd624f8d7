// GET and POST /authorize, the way back into an open flow, and the page that asks for consent.
//
// What is wrong with a request goes to the client once client and redirect URI are proven; before
// that a page says so, and the browser is sent nowhere.
#include <iterator>

#include "oidc/authorize.hpp"
#include "oidc/redirect_uri.hpp"
#include "web/flow.hpp"
#include "web/negotiation.hpp"
#include "web/oidc_responses.hpp"
#include "web/responses.hpp"
#include "web/visitor.hpp"
#include "web/web_call.hpp"

namespace postern {
namespace {

constexpr std::string_view kPath = "/authorize";
constexpr std::string_view kConsentPath = "/authorize/consent";
constexpr std::size_t kFlowIdBytes = 9;

/// An authorization request on its way; shared by its steps.
struct Authorization {
  WebCallPtr call;
  Flow flow;
  /// Empty: not kept yet.
  std::string flow_id = {};
  ClientPtr client = {};
  /// By the form of the consent page.
  bool allowed = false;
};
using AuthorizationPtr = std::shared_ptr<Authorization>;

std::string text_of(const FormFields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

std::string link_of(const Authorization& authorization) {
  return flow_link(*authorization.call->web,
                   {authorization.flow_id, authorization.flow.request.client_id});
}

/// Back to the client: the flow is over.
void leave(const Authorization& authorization, std::string redirect) {
  auto response = see_other(std::move(redirect));
  if (!authorization.flow_id.empty()) {
    response.headers.push_back(drop_flow(authorization.flow_id));
  }
  authorization.call->respond(std::move(response));
}

void leave_with(const Authorization& authorization, const Error& error) {
  const auto& issuer = authorization.call->web->services.oidc.issuer;
  leave(authorization, error_redirect(authorization.flow.request, issuer, error));
}

/// Goes to a page of ours on the flow's way, and keeps the flow.
void go_to(const AuthorizationPtr& authorization, std::string_view path) {
  const auto& call = *authorization->call;
  std::vector<HttpHeader> cookies;
  if (authorization->flow_id.empty()) {
    const std::string id = base64url_encode(random_bytes(kFlowIdBytes));
    auto kept = keep_flow(*call.web, call.request, id, authorization->flow);
    if (!kept) return leave_with(*authorization, kept.error());
    authorization->flow_id = id;
    cookies = *std::move(kept);
  }
  PageContext page = call.page;
  page.return_to = link_of(*authorization);
  auto response =
      see_other(path == kContinuePath ? page.return_to : std::string(path) + link_query(page));
  response.headers.insert(response.headers.end(), std::make_move_iterator(cookies.begin()),
                          std::make_move_iterator(cookies.end()));
  call.respond(std::move(response));
}

void show_consent(const AuthorizationPtr& authorization, const ConsentNeeded& person) {
  if (authorization->flow_id.empty()) return go_to(authorization, kContinuePath);
  auto& call = *authorization->call;
  call.page.locale = choose_locale(call.request, person.locale);
  call.page.client_name = authorization->client->name;
  call.page.form_target = form_source(authorization->flow.request.redirect_uri);
  PageData data;
  data.set("email", person.email);
  data.set("flow", authorization->flow_id);
  const auto& scope = authorization->flow.request.scope;
  for (const std::string_view name : {"email", "profile", "offline_access"}) {
    data.set("scope_" + std::string(name), has_scope(scope, name));
  }
  call.respond(call.web->pages.render(200, page::kConsent, call.page, std::move(data)));
}

void take_step(const AuthorizationPtr& authorization, const AuthorizationStep& step) {
  if (const auto* response = std::get_if<AuthorizationResponse>(&step)) {
    return leave(*authorization, response->redirect);
  }
  if (const auto* person = std::get_if<ConsentNeeded>(&step)) {
    return show_consent(authorization, *person);
  }
  go_to(authorization, authorization->flow.request.prompt.create ? "/register" : "/login");
}

void go_on(const AuthorizationPtr& authorization) {
  const auto& call = *authorization->call;
  AuthorizeRequest asked{authorization->flow.request, authorization->client,
                         session_cookie_of(call.request), context_of(call.request),
                         authorization->allowed};
  authorize(call.web->services.oidc, std::move(asked),
            [authorization](const Result<AuthorizationStep>& step) {
              step ? take_step(authorization, *step)
                   : refuse_request(*authorization->call, step.error());
            });
}

/// `proven` follows once client and redirect URI are.
void find_client(const AuthorizationPtr& authorization,
                 std::function<void(const AuthorizationPtr&)> proven) {
  const auto& request = authorization->flow.request;
  const auto accept = [uri = request.redirect_uri](const Client* client) {
    return check_client(client, uri);
  };
  authorization->call->web->services.oidc.clients.find(
      request.client_id, accept,
      [authorization, proven = std::move(proven)](const Result<ClientPtr>& client) {
        if (!client) return refuse_request(*authorization->call, client.error());
        authorization->client = *client;
        authorization->flow.client_name = (*client)->name;
        authorization->flow.client_url = (*client)->url;
        proven(authorization);
      });
}

void get_authorize(const WebCallPtr& call) {
  auto query = parse_urlencoded(call->request.query);
  if (!query) {
    return refuse_request(*call, oidc_error("invalid_request", "The query cannot be read."));
  }
  const auto authorization = std::make_shared<Authorization>(Authorization{call, {}});
  auto& request = authorization->flow.request;
  request.client_id = text_of(*query, "client_id");
  request.redirect_uri = text_of(*query, "redirect_uri");
  request.state = text_of(*query, "state");
  request.started_at = call->accounts().clock.now();
  if (const auto locales = text_of(*query, "ui_locales"); !locales.empty()) {
    call->page.locale = choose_locale(call->request, locales.substr(0, locales.find(' ')));
    call->page.locale_chosen = true;
  }
  find_client(authorization, [fields = *std::move(query)](const AuthorizationPtr& proven) {
    const auto read = read_authorization_request(fields, proven->flow.request);
    read ? go_on(proven) : leave_with(*proven, read.error());
  });
}

/// A form of another site brings no cookies: the same request as a GET does.
void post_authorize(const WebCallPtr& call) {
  auto fields = is_form(call->request) ? parse_urlencoded(call->request.body)
                                       : Result<FormFields>(FormFields());
  std::string query;
  if (fields) {
    for (const auto& [name, value] : *fields) {
      query += (query.empty() ? "?" : "&") + percent_encode(name) + "=" + percent_encode(value);
    }
  }
  call->respond(see_other(std::string(kPath) + query));
}

/// The flow of this browser; nullptr when it has none of that id.
AuthorizationPtr find_authorization(const WebCallPtr& call, const std::string& id) {
  auto flow = find_flow(*call->web, call->request, id);
  if (!flow) return nullptr;
  return std::make_shared<Authorization>(Authorization{call, *std::move(flow), id});
}

void get_continue(const WebCallPtr& call) {
  const auto query = parse_urlencoded(call->request.query);
  const auto authorization =
      query ? find_authorization(call, text_of(*query, "flow")) : AuthorizationPtr();
  if (!authorization) return refuse_flow(*call);
  find_client(authorization, go_on);
}

void post_consent(const WebCallPtr& call) {
  call->html = true;
  const auto fields = read_form(*call);
  if (!fields) return call->respond(error_response_for(*call->web, call->request, fields.error()));
  const auto id = fields->required("flow"), decision = fields->required("decision");
  const auto authorization =
      id && decision ? find_authorization(call, std::string(*id)) : AuthorizationPtr();
  if (!authorization) return refuse_flow(*call);
  authorization->allowed = *decision == "allow";
  find_client(authorization, [](const AuthorizationPtr& proven) {
    if (proven->allowed) return go_on(proven);
    leave_with(*proven, oidc_error("access_denied", "The person did not allow it."));
  });
}

}  // namespace

void add_authorize_routes(Router& router, const WebContextPtr& web) {
  add_route(router, web, "GET", kPath, get_authorize);
  add_route(router, web, "POST", kPath, post_authorize);
  add_route(router, web, "GET", kContinuePath, get_continue);
  add_route(router, web, "POST", kConsentPath, post_consent);
}

}  // namespace postern
