#include "web/admin_hosts.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "http/loopback.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

using Names = std::vector<std::string>;

bool is_served(std::string_view authority, const Names& names) {
  const auto host = without_port(authority);
  return host.empty() || is_address_literal(host) || is_loopback_host(host) ||
         std::ranges::any_of(
             names, [&](const auto& name) { return ascii::equals_ignoring_case(name, host); });
}

}  // namespace

void require_admin_host(Router& router, std::vector<std::string> names) {
  // Shared by the handlers, none of which is the last to go.
  const auto shared = std::make_shared<const Names>(std::move(names));
  router.wrap_all([&shared](HttpHandler handler) -> HttpHandler {
    return [shared, handler = std::move(handler)](const HttpRequest& request, Respond respond) {
      if (is_served(request.header("Host"), *shared)) return handler(request, std::move(respond));
      respond(problem(421, "unknown_host", "Ask by an address, or list this name in ADMIN_HOSTS."));
    };
  });
}

}  // namespace postern
