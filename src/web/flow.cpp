#include "web/flow.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/oidc_limits.hpp"
#include "crypto/sealed.hpp"
#include "oidc/redirect_uri.hpp"
#include "text/ascii.hpp"
#include "text/form.hpp"
#include "text/json.hpp"
#include "web/visitor.hpp"

namespace postern {
namespace {

namespace json = boost::json;

std::string encode(const Flow& flow) {
  const auto& [request, name, url] = flow;
  json::object object{{"client_id", request.client_id},
                      {"redirect_uri", request.redirect_uri},
                      {"state", request.state},
                      {"nonce", request.nonce},
                      {"scope", request.scope},
                      {"challenge", request.code_challenge},
                      {"login", request.prompt.login ? 1 : 0},
                      {"create", request.prompt.create ? 1 : 0},
                      {"consent", request.prompt.consent ? 1 : 0},
                      {"login_hint", request.login_hint},
                      {"started_at", to_unix_ms(request.started_at)},
                      {"name", name},
                      {"url", url}};
  if (request.max_age_s) object["max_age"] = *request.max_age_s;
  return json::serialize(object);
}

std::optional<Flow> decode(std::string_view plain) {
  const auto object = parse_json_object(plain);
  if (!object) return std::nullopt;
  const auto text = [&](std::string_view name) {
    return std::string(string_at(*object, name).value_or(std::string_view()));
  };
  const auto number = [&](std::string_view name) { return integer_at(*object, name).value_or(0); };
  Flow flow;
  auto& request = flow.request;
  request.client_id = text("client_id");
  request.redirect_uri = text("redirect_uri");
  request.state = text("state");
  request.nonce = text("nonce");
  request.scope = text("scope");
  request.code_challenge = text("challenge");
  request.prompt.login = number("login") != 0;
  request.prompt.create = number("create") != 0;
  request.prompt.consent = number("consent") != 0;
  request.login_hint = text("login_hint");
  request.max_age_s = integer_at(*object, "max_age");
  request.started_at = from_unix_ms(number("started_at"));
  flow.client_name = text("name");
  flow.client_url = text("url");
  return flow;
}

/// As long as a link of a registration may take.
Duration life_of(const WebContext& web) {
  return std::max<Duration>(limits::kFlowLife, web.services.accounts.settings.link_ttl);
}

std::optional<Flow> open(const WebContext& web, const std::string& id, std::string_view sealed) {
  const auto plain = open_sealed(web.flow_key, id, sealed);
  auto flow = plain ? decode(plain->view()) : std::nullopt;
  if (!flow) return std::nullopt;
  const auto now = web.services.accounts.clock.now();
  return now < flow->request.started_at + life_of(web) ? flow : std::nullopt;
}

bool is_flow_id(std::string_view id) {
  return !id.empty() &&
         std::ranges::all_of(id, [](char c) { return ascii::is_alnum(c) || c == '-' || c == '_'; });
}

/// The browser's other flows, the oldest first; those that do not open count as oldest.
std::vector<std::string> other_flows(const WebContext& web, const HttpRequest& request,
                                     const std::string& id) {
  std::vector<std::pair<TimePoint, std::string>> flows;
  for (const auto& [other, sealed] : flow_cookies_of(request)) {
    if (other == id) continue;
    const auto flow = open(web, other, sealed);
    flows.emplace_back(flow ? flow->request.started_at : TimePoint(), other);
  }
  std::ranges::sort(flows);
  std::vector<std::string> ids;
  for (auto& [started_at, other] : flows) ids.push_back(std::move(other));
  return ids;
}

template <class Visit>
void each_flow(const WebContext& web, const HttpRequest& request, Visit visit) {
  for (const auto& [id, sealed] : flow_cookies_of(request)) {
    if (const auto flow = open(web, id, sealed)) visit(id, *flow);
  }
}

}  // namespace

std::string flow_link(const WebContext& web, const FlowLink& link) {
  return web.services.settings.base_url + std::string(kContinuePath) + "?flow=" + link.id +
         "&client_id=" + percent_encode(link.client_id);
}

std::optional<FlowLink> read_flow_link(const WebContext& web, std::string_view return_to) {
  const std::string start = web.services.settings.base_url + std::string(kContinuePath) + "?";
  if (!return_to.starts_with(start)) return std::nullopt;
  const auto query = parse_urlencoded(return_to.substr(start.size()));
  if (!query || query->size() != 2) return std::nullopt;
  const auto id = query->find("flow"), client = query->find("client_id");
  if (id == query->end() || client == query->end() || !is_flow_id(id->second)) return std::nullopt;
  return FlowLink{id->second, client->second};
}

Result<std::vector<HttpHeader>> keep_flow(const WebContext& web, const HttpRequest& request,
                                          const std::string& id, const Flow& flow) {
  const std::string sealed = seal(web.flow_key, id, encode(flow));
  if (sealed.size() > limits::kFlowBytes) {
    return oidc_error("invalid_request", "The request is too long: shorten state or nonce.");
  }
  std::vector<HttpHeader> headers{set_flow_cookie(id, sealed, life_of(web))};
  auto others = other_flows(web, request, id);
  for (std::size_t i = 0; i + limits::kFlows <= others.size(); ++i) {
    headers.push_back(drop_flow(others[i]));
  }
  return headers;
}

HttpHeader drop_flow(const std::string& id) { return set_flow_cookie(id, {}, Duration::zero()); }

std::optional<Flow> find_flow(const WebContext& web, const HttpRequest& request,
                              const std::string& id) {
  for (const auto& [other, sealed] : flow_cookies_of(request)) {
    if (other == id) return open(web, id, sealed);
  }
  return std::nullopt;
}

std::vector<std::string> flow_links_of(const WebContext& web, const HttpRequest& request) {
  std::vector<std::string> links;
  each_flow(web, request, [&](const std::string& id, const Flow& flow) {
    links.push_back(flow_link(web, {id, flow.request.client_id}));
  });
  return links;
}

std::string flow_form_targets(const WebContext& web, const HttpRequest& request) {
  std::string targets;
  each_flow(web, request, [&](const std::string&, const Flow& flow) {
    targets.append(targets.empty() ? "" : " ").append(form_source(flow.request.redirect_uri));
  });
  return targets;
}

void set_flow(const WebContext& web, const HttpRequest& request, PageContext& page) {
  const auto link = read_flow_link(web, page.return_to);
  const auto flow = link ? find_flow(web, request, link->id) : std::nullopt;
  if (!flow) return;
  page.client_name = flow->client_name;
  page.login_hint = flow->request.login_hint;
  page.form_target = form_source(flow->request.redirect_uri);
}

}  // namespace postern
