#include "web/metrics_route.hpp"

#include <utility>

namespace postern::web {

void add_metrics_route(http::Router& router, std::vector<MetricsSource> sources) {
  router.add("GET", "/metrics",
             [sources = std::move(sources)](const http::Request&, http::Respond respond) {
               MetricsText text;
               for (const auto& source : sources) source(text);
               respond({200, "text/plain; version=0.0.4; charset=utf-8", text.take(), {}});
             });
}

MetricsSource http_metrics(const http::Router& router) {
  return [&router](MetricsText& text) {
    text.begin("postern_http_requests_total", "counter", "Requests answered.");
    router.each_count([&](std::string_view route, const http::RouteCounts& counts) {
      counts.write_statuses(text, route);
    });
    text.begin("postern_http_request_seconds", "histogram",
               "From the complete request to its answer.");
    router.each_count([&](std::string_view route, const http::RouteCounts& counts) {
      counts.write_times(text, route);
    });
  };
}

}  // namespace postern::web
