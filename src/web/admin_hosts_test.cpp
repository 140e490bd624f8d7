#include "web/admin_hosts.hpp"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

TEST(AdminHosts, X3_a_page_under_another_name_reads_nothing) {
  Router router;
  for (const std::string path : {"/readyz", "/metrics"}) {
    router.add("GET", path, [](const HttpRequest&, const Respond& respond) {
      respond({200, "text/plain", "open", {}});
    });
  }
  require_admin_host(router, {"postern.internal", "[::]"});
  const auto status_for = [&](const std::string& host, const std::string& path) {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    if (!host.empty()) request.headers.emplace_back("Host", host);
    int status = 0;
    router.find("GET", path)(request, [&](HttpResponse response) { status = response.status; });
    return status;
  };
  for (const std::string path : {"/readyz", "/metrics"}) {
    // Hosts that probes, Prometheus, people and HTTP/1.0 health checks send.
    for (const std::string host : {"10.244.1.7:5002", "[2001:db8::7]:5002", "127.0.0.1:5002",
                                   "localhost:5002", "localhost", "Postern.Internal:5002", ""}) {
      EXPECT_EQ(status_for(host, path), 200) << host;
    }
    for (const std::string host : {"rebound.example:5002", "rebound.example", "localhost.example",
                                   "127.0.0.1.example", "postern.internal.example", "x"}) {
      EXPECT_EQ(status_for(host, path), 421) << host;
    }
  }
}

}  // namespace
}  // namespace postern
