#include "web/metrics_route.hpp"

#include <utility>

namespace postern {

void add_metrics_route(Router& router, std::vector<MetricsSource> sources) {
  router.add("GET", "/metrics",
             [sources = std::move(sources)](const HttpRequest&, Respond respond) {
               MetricsText text;
               for (const auto& source : sources) source(text);
               respond({200, "text/plain; version=0.0.4; charset=utf-8", text.take(), {}});
             });
}

MetricsSource http_metrics(const Router& router) {
  return [&router](MetricsText& text) {
    text.begin("postern_http_requests_total", "counter", "Requests answered.");
    router.each_count(
        [&](std::string_view route, std::string_view method, const RouteCounts& counts) {
          counts.write_statuses(text, {{"route", route}, {"method", method}});
        });
    text.begin("postern_http_request_seconds", "histogram",
               "From the complete request to its response.");
    router.each_count(
        [&](std::string_view route, std::string_view method, const RouteCounts& counts) {
          counts.write_times(text, {{"route", route}, {"method", method}});
        });
  };
}

}  // namespace postern
