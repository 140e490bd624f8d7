#include "web/admin_hosts.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "http/loopback.hpp"
#include "text/ascii.hpp"

namespace postern::web {
namespace {

using Names = std::vector<std::string>;

bool is_served(std::string_view authority, const Names& names) {
  const auto host = http::without_port(authority);
  return host.empty() || http::is_address_literal(host) || http::is_loopback_host(host) ||
         std::ranges::any_of(
             names, [&](const auto& name) { return ascii::equals_ignoring_case(name, host); });
}

}  // namespace

void require_admin_host(http::Router& router, std::vector<std::string> names) {
  // Shared by the handlers, none of which is the last to go.
  const auto shared = std::make_shared<const Names>(std::move(names));
  router.wrap_all([&shared](http::Handler handler) -> http::Handler {
    return [shared, handler = std::move(handler)](const http::Request& request,
                                                  http::Respond respond) {
      if (is_served(request.header("Host"), *shared)) return handler(request, std::move(respond));
      respond(http::problem(421, "unknown_host",
                            "Ask by an address, or list this name in ADMIN_HOSTS."));
    };
  });
}

}  // namespace postern::web
