// The HTTP/1.1 server: accepts, reads within limits and time-outs, routes, answers, drains.
//
// Thread contract: run() blocks until the server has drained; stop() may be called from any thread
// or signal-safe context owner. Handlers run on an I/O thread and must not block.
// Does not know what any route means. Beast and Asio stay behind the pimpl.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/connection_limits.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "crypto/secret.hpp"
#include "http/client_address.hpp"
#include "http/connection_counts.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace postern {

/// How long each step of a connection may take; tests shorten them.
struct ServerTimeouts {
  std::chrono::milliseconds header = limits::kHeaderTimeout;
  /// Before the minimum read rate applies.
  std::chrono::milliseconds body = limits::kBodyGrace;
  /// Head and body together.
  std::chrono::milliseconds request = limits::kRequestTimeout;
  std::chrono::milliseconds response = limits::kResponseTimeout;
  /// Before the minimum write rate applies.
  std::chrono::milliseconds write = limits::kWriteGrace;
  std::chrono::milliseconds idle = limits::kIdleTimeout;
  /// How long a connection counts as busy after it did something.
  std::chrono::milliseconds eviction = limits::kEvictionGrace;
  std::chrono::milliseconds drain = limits::kDrainTimeout;
};

struct HttpServerOptions {
  /// host:port; port 0 takes a free one.
  std::string listen;
  std::size_t threads = 1;
  /// Networks (CIDR) whose forwarding header, X-Request-Id and traceparent are believed.
  std::vector<std::string> trusted_proxies;
  ForwardedHeader forwarded_header = ForwardedHeader::kXForwardedFor;
  /// Per client address (IPv6 by /64), for requests other than GET, HEAD and OPTIONS; 0: no limit.
  std::uint64_t limit_count = 0;
  std::chrono::milliseconds limit_window{1000};
  /// What other servers call for many people at once: these targets have a limit of their own.
  std::vector<std::string> server_targets;
  std::uint64_t server_limit_count = 0;
  std::chrono::milliseconds server_limit_window{1000};
  /// Refused clients may go on by a proof of work; empty: they wait.
  Secret work_proof_key = {};
  unsigned work_bits = limits::kWorkBits;
  /// PEM files; both or none. With them the listener speaks HTTPS.
  std::string tls_cert_file;
  std::string tls_key_file;
  /// Origins that may call from other sites (CORS): exact matches.
  std::vector<std::string> cors_origins;
  std::size_t max_connections = limits::kConnections;
  /// Not for trusted proxies; IPv6 by /64.
  std::size_t max_connections_per_client = limits::kConnections / limits::kClientShare;
  ServerTimeouts timeouts;
};

class HttpServer {
 public:
  /// Binds and listens at once; throws std::runtime_error with a plain sentence when it cannot.
  HttpServer(HttpServerOptions options, const Router& router, Logger& log);
  ~HttpServer();

  std::uint16_t port() const;
  ConnectionCounts connection_counts() const;
  /// Serves until stop(); then finishes what is in flight, at most limits::kDrainTimeout.
  void run();
  void stop();
  /// Calls `passed`, on one of the I/O threads, when all of them have got to it.
  void pass_threads(const std::function<void()>& passed);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
