// /healthz and /readyz of the admin listener.
//
// Thread contract: add_health_routes is called before the server starts; its parts outlive it.
#pragma once

#include <functional>

#include "http/router.hpp"
#include "store/writer.hpp"

namespace postern {

struct HealthParts {
  Writer& writer;
  /// Whether the broker takes emails; empty where the outbox table is the queue.
  std::function<bool()> broker_connected;
};

/// /healthz: 200 while the process answers. /readyz: 200 `ready`, 200 `degraded` while emails wait
/// for the broker, 503 `unavailable` while the database is away; `outbox` counts up to
/// limits::kOutboxCount rows.
void add_health_routes(Router& router, HealthParts parts);

/// The same for a worker of its own: 200 `ready`, or 503 `unavailable` while its queue is away.
void add_worker_health_routes(Router& router, std::function<bool()> queue_connected);

}  // namespace postern
