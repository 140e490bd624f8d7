#include "web/health.hpp"

#include <memory>
#include <string>

#include "base/limits.hpp"

namespace postern {
namespace {

struct Readiness {
  bool database_up = false;
  std::int64_t outbox_rows = 0;
  bool has_broker = false;
  bool broker_up = false;
};

HttpResponse to_response(const Readiness& state) {
  const bool degraded = state.has_broker && !state.broker_up;
  const char* status = !state.database_up ? "unavailable" : degraded ? "degraded" : "ready";
  const char* broker = !state.has_broker ? "none" : state.broker_up ? "up" : "down";
  std::string body = R"({"status":")";
  body.append(status).append(R"(","database":")").append(state.database_up ? "up" : "down");
  body.append(R"(","broker":")").append(broker).append(R"(","outbox":)");
  body.append(std::to_string(state.outbox_rows)).append("}");
  return {state.database_up ? 200 : 503, "application/json", std::move(body), {}};
}

void respond_readiness(const HealthParts& parts, Respond respond) {
  auto state = std::make_shared<Readiness>();
  if (parts.broker_connected) {
    state->has_broker = true;
    state->broker_up = parts.broker_connected();
  }
  parts.writer.submit(StoreTask{[state](Store& store) -> Status {
                                  const auto rows = store.count_outbox(limits::kOutboxCount);
                                  if (!rows) return rows.error();
                                  state->outbox_rows = *rows;
                                  return {};
                                },
                                [state, respond](Status status) {
                                  state->database_up = static_cast<bool>(status);
                                  respond(to_response(*state));
                                }});
}

void add_liveness(Router& router) {
  router.add("GET", "/healthz", [](const HttpRequest&, Respond respond) {
    respond({200, "application/json", R"({"status":"ok"})", {}});
  });
}

}  // namespace

void add_worker_health_routes(Router& router, std::function<bool()> queue_connected) {
  add_liveness(router);
  router.add("GET", "/readyz",
             [connected = std::move(queue_connected)](const HttpRequest&, Respond respond) {
               const bool up = connected();
               respond({up ? 200 : 503,
                        "application/json",
                        up ? R"({"status":"ready","queue":"up"})"
                           : R"({"status":"unavailable","queue":"down"})",
                        {}});
             });
}

void add_health_routes(Router& router, HealthParts parts) {
  add_liveness(router);
  router.add("GET", "/readyz", [parts = std::move(parts)](const HttpRequest&, Respond respond) {
    respond_readiness(parts, std::move(respond));
  });
}

}  // namespace postern
