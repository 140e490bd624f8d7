#include "app/listeners.hpp"

#include <algorithm>
#include <utility>

#include "app/metrics_sources.hpp"
#include "base/descriptors.hpp"
#include "base/oidc_limits.hpp"
#include "web/admin_hosts.hpp"
#include "web/health.hpp"

namespace postern {
namespace {

bool slower(const Rate& a, const Rate& b) {
  const auto per_second = [](const Rate& rate) {
    return static_cast<double>(rate.count) / std::chrono::duration<double>(rate.window).count();
  };
  return per_second(a) < per_second(b);
}

HttpServerOptions public_options(const Config& config) {
  const DescriptorPlan plan = plan_for(config);
  HttpServerOptions options;
  options.max_connections = plan.connections;
  options.max_connections_per_client = plan.connections_per_client;
  options.listen = config.listen;
  options.threads = config.http_threads;
  options.trusted_proxies = config.trusted_proxies;
  options.forwarded_header = config.forwarded_header;
  options.limit_count = config.request_limit_per_ip.count;
  options.limit_window = config.request_limit_per_ip.window;
  options.server_targets = {"/token", "/revoke", "/userinfo"};
  const Rate servers = std::max(config.request_limit_per_ip,
                                Rate{limits::kTokenRequests, limits::kTokenRequestsWindow}, slower);
  options.server_limit_count = servers.count;
  options.server_limit_window = servers.window;
  options.work_proof_key = derive_key(config.secret_key, "work-proof");
  options.tls_cert_file = config.tls_cert_file;
  options.tls_key_file = config.tls_key_file;
  options.cors_origins = config.cors_origins;
  return options;
}

HttpServerOptions admin_options(const Config& config) {
  HttpServerOptions options;
  options.max_connections = options.max_connections_per_client = plan_for(config).admin_connections;
  options.listen = config.admin_listen;
  return options;
}

/// The server keeps a reference to the routes, which are complete before it binds.
const Router& filled(Router& routes, const Config& config,
                     const std::function<void(Router&)>& add_routes) {
  add_routes(routes);
  require_admin_host(routes, config.admin_hosts);
  return routes;
}

}  // namespace

DescriptorPlan plan_for(const Config& config) {
  return plan_descriptors({.descriptors = raise_descriptor_limit(),
                           .io_threads = config.http_threads,
                           .smtp_connections = config.smtp ? config.mail_threads : 0});
}

void Listener::drain() {
  if (!thread_.joinable()) return;
  server_.stop();
  thread_.join();
}

void Listener::run() {
  thread_ = std::thread([this] { server_.run(); });
}

void Listener::add_check(Liveness& liveness) {
  liveness.add([this](const auto& passed) { server_.pass_threads(passed); });
}

AdminListener::AdminListener(const Config& config, const std::function<void(Router&)>& add_routes,
                             Logger& log)
    : listener_(admin_options(config), filled(routes_, config, add_routes), log) {}

// The admin listener binds first: a client that finds the public one finds it as well.
Listeners::Listeners(const Config& config, const Parts& parts, Logger& log)
    : admin_(
          config, [&](Router& routes) { add_admin_routes(parts, routes); }, log),
      public_(public_options(config), parts.api.routes(), log) {
  public_.run();
  admin_.run();
}

// The admin listener shows the public one's figures: neither goes before both have drained.
Listeners::~Listeners() {
  public_.drain();
  admin_.drain();
}

void Listeners::add_admin_routes(const Parts& parts, Router& routes) const {
  add_health_routes(routes, {parts.writer, parts.delivery.broker_connected()});
  auto sources = parts.delivery.metrics();
  sources.push_back(http_metrics(parts.api.routes()));
  sources.push_back(http_connection_metrics([this] { return public_.connection_counts(); }));
  for (auto& source : parts.api.metrics()) sources.push_back(std::move(source));
  sources.push_back(writer_metrics(parts.writer));
  sources.push_back(process_metrics());
  add_metrics_route(routes, std::move(sources));
}

}  // namespace postern
