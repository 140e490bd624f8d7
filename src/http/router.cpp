#include "http/router.hpp"

#include <utility>

namespace postern {
namespace {

HttpResponse refuse_by(const RefusalPage& page, const HttpRequest& request, const Refusal& refusal,
                       std::vector<HttpHeader> headers) {
  HttpResponse response = problem(refusal.status, refusal.code, refusal.detail);
  response.headers = std::move(headers);
  return page ? page(request, refusal.code, std::move(response)) : response;
}

}  // namespace

Router::Router()
    : not_found_([page = refusal_page_](const HttpRequest& request, const Respond& respond) {
        respond(refuse_by(*page, request, refusal::kNotFound, {}));
      }) {}

HttpResponse Router::refuse(const HttpRequest& request, const Refusal& refusal,
                            std::vector<HttpHeader> headers) const {
  return refuse_by(*refusal_page_, request, refusal, std::move(headers));
}

std::string Router::allowed(const Methods& methods) {
  std::string allow = "OPTIONS";
  for (const auto& [method, endpoint] : methods) {
    if (method == "OPTIONS") continue;
    allow += ", " + method;
    if (method == "GET" && !methods.contains("HEAD")) allow += ", HEAD";
  }
  return allow;
}

void Router::add(std::string_view method, std::string_view path, HttpHandler handler) {
  auto& route = routes_[std::string(path)];
  route.methods[std::string(method)].handler = std::move(handler);
  route.wrong_method.handler = [page = refusal_page_, allow = allowed(route.methods)](
                                   const HttpRequest& request, const Respond& respond) {
    const bool asks = request.method == "OPTIONS";
    respond(asks ? HttpResponse{204, {}, {}, {{"Allow", allow}}}
                 : refuse_by(*page, request, refusal::kWrongMethod, {{"Allow", allow}}));
  };
}

void Router::wrap_all(const std::function<HttpHandler(HttpHandler)>& wrap) {
  for (auto& [path, route] : routes_) {
    for (auto& [method, endpoint] : route.methods) {
      endpoint.handler = wrap(std::move(endpoint.handler));
    }
  }
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  auto found = routes_.find(path);
  if (found == routes_.end()) {
    std::string pattern(path.substr(0, path.rfind('/')));
    found = routes_.find(pattern.append("/{id}"));
  }
  if (found == routes_.end()) return {not_found_, *other_counts_};
  const Route& route = found->second;
  auto endpoint = route.methods.find(method);
  if (endpoint == route.methods.end() && method == "HEAD") endpoint = route.methods.find("GET");
  const auto& [handler, counts] =
      endpoint == route.methods.end() ? route.wrong_method : endpoint->second;
  return {handler, *counts};
}

}  // namespace postern
