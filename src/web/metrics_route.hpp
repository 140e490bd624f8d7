// /metrics of the admin listener.
//
// Thread contract: add_metrics_route is called before the server starts; what the sources look at
// outlives it. A source runs on an I/O thread and must not block.
#pragma once

#include <functional>
#include <vector>

#include "base/metrics.hpp"
#include "http/router.hpp"

namespace postern {

/// Writes what one part of the process has to tell; each family by one source only.
using MetricsSource = std::function<void(MetricsText&)>;

/// GET /metrics: Prometheus' text format 0.0.4.
void add_metrics_route(Router& router, std::vector<MetricsSource> sources);

/// postern_http_requests_total and postern_http_request_seconds of the routes of `router`.
MetricsSource http_metrics(const Router& router);

}  // namespace postern
