// The HTTP servers of a process: the public one and the one for its operators.
//
// Thread contract: for the start of a process. The constructors bind and then serve, each server on
// threads of its own; the destructors drain.
#pragma once

#include <functional>
#include <thread>

#include "app/api.hpp"
#include "app/descriptor_plan.hpp"
#include "app/liveness.hpp"
#include "app/mail_delivery.hpp"
#include "http/server.hpp"

namespace postern {

/// How the descriptors that this process may open are divided.
DescriptorPlan plan_for(const Config& config);

/// One server and the thread that runs it.
class Listener {
 public:
  /// Binds. Throws std::runtime_error.
  Listener(HttpServerOptions options, const Router& routes, Logger& log)
      : server_(std::move(options), routes, log) {}
  ~Listener() { drain(); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void run();
  /// Finishes what is in flight, and ends the thread.
  void drain();
  ConnectionCounts connection_counts() const { return server_.connection_counts(); }
  void add_check(Liveness& liveness);

 private:
  HttpServer server_;
  std::thread thread_;
};

/// The operators' server: health and metrics.
class AdminListener {
 public:
  AdminListener(const Config& config, const std::function<void(Router&)>& add_routes, Logger& log);

  void run() { listener_.run(); }
  void drain() { listener_.drain(); }

 private:
  Router routes_;
  Listener listener_;
};

/// Both servers of an app. Both are bound before either serves.
class Listeners {
 public:
  struct Parts {
    Api& api;
    const MailDelivery& delivery;
    Writer& writer;
  };

  /// The parts outlive it.
  Listeners(const Config& config, const Parts& parts, Logger& log);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  void add_checks(Liveness& liveness) { public_.add_check(liveness); }

 private:
  void add_admin_routes(const Parts& parts, Router& routes) const;

  AdminListener admin_;
  Listener public_;
};

}  // namespace postern
