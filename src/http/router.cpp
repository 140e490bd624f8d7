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
  auto& route = routes_[std::string(path)];
  route.methods.insert_or_assign(std::string(method), std::move(handler));
  route.wrong_method = answer_allow(allowed_methods(route.methods));
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

}  // namespace postern::http
