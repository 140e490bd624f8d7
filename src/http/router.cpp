#include "http/router.hpp"

#include <utility>

namespace postern::http {
namespace {

std::string allowed_methods(const std::map<std::string, Handler, std::less<>>& methods) {
  std::string allow = "OPTIONS";
  for (const auto& [method, handler] : methods) {
    if (method == "OPTIONS") continue;
    allow += ", " + method;
    if (method == "GET" && !methods.contains("HEAD")) allow += ", HEAD";
  }
  return allow;
}

Handler answer_allow(std::string allow) {
  return [allow = std::move(allow)](const Request& request, Respond respond) {
    Response response;
    if (request.method == "OPTIONS") {
      response.status = 204;
    } else {
      response = problem(405, "method_not_allowed", "This path does not take that method.");
    }
    response.headers.emplace_back("Allow", allow);
    respond(std::move(response));
  };
}

}  // namespace

void Router::add(std::string_view method, std::string_view path, Handler handler) {
  auto& methods = routes_[std::string(path)];
  methods.insert_or_assign(std::string(method), std::move(handler));
  wrong_method_.insert_or_assign(std::string(path), answer_allow(allowed_methods(methods)));
}

const Handler& Router::find(std::string_view method, std::string_view path) const {
  auto route = routes_.find(path);
  if (route == routes_.end()) {
    std::string pattern(path.substr(0, path.rfind('/')));
    route = routes_.find(pattern.append("/{id}"));
  }
  if (route == routes_.end()) return not_found_;
  const auto& methods = route->second;
  auto handler = methods.find(method);
  if (handler == methods.end() && method == "HEAD") handler = methods.find("GET");
  if (handler != methods.end()) return handler->second;
  return wrong_method_.find(route->first)->second;
}

}  // namespace postern::http
