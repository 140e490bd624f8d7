#include "http/router.hpp"

#include <utility>

namespace postern {
namespace {

std::string allowed_methods(const std::map<std::string, HttpHandler, std::less<>>& methods) {
  std::string allow = "OPTIONS";
  for (const auto& [method, handler] : methods) {
    if (method == "OPTIONS") continue;
    allow += ", " + method;
    if (method == "GET" && !methods.contains("HEAD")) allow += ", HEAD";
  }
  return allow;
}

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

void Router::add(std::string_view method, std::string_view path, HttpHandler handler) {
  auto& route = routes_[std::string(path)];
  route.methods.insert_or_assign(std::string(method), std::move(handler));
  route.wrong_method = [page = refusal_page_, allow = allowed_methods(route.methods)](
                           const HttpRequest& request, const Respond& respond) {
    const bool asks = request.method == "OPTIONS";
    respond(asks ? HttpResponse{204, {}, {}, {{"Allow", allow}}}
                 : refuse_by(*page, request, refusal::kWrongMethod, {{"Allow", allow}}));
  };
}

void Router::wrap_all(const std::function<HttpHandler(HttpHandler)>& wrap) {
  for (auto& [path, route] : routes_) {
    for (auto& [method, handler] : route.methods) handler = wrap(std::move(handler));
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
  auto handler = route.methods.find(method);
  if (handler == route.methods.end() && method == "HEAD") handler = route.methods.find("GET");
  if (handler == route.methods.end()) return {route.wrong_method, *route.counts};
  return {handler->second, *route.counts};
}

}  // namespace postern
