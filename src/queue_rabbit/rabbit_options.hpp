// The address of the broker and the options of its connections.
//
// Thread contract: pure functions and plain values.
// Looks nothing up and opens nothing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace postern {

struct RabbitHost {
  std::string name;
  int port = 0;
};

struct RabbitOptions {
  /// Nodes of one cluster: any of them will do.
  std::vector<RabbitHost> hosts;
  std::string user = "guest";
  std::string password = "guest";
  std::string vhost = "/";
  bool tls = false;
  /// PEM file of the authorities to trust; empty: the system's. Peer and host name are always
  /// verified.
  std::string ca_file;
  /// PEM files of the certificate that we show and of its key; empty: none.
  std::string cert_file;
  std::string key_file;
  /// Zero: none.
  std::chrono::seconds heartbeat = limits::kBrokerHeartbeat;
  /// How long a window of publications may wait for its confirms.
  std::chrono::milliseconds confirm_timeout = limits::kConfirmTimeout;
  /// Names of parameters in the URL that have no effect here.
  std::vector<std::string> unused_parameters = {};
};

/// RABBITMQ_URL: amqp://user:password@host:5672/vhost or amqps:// (5671), parts percent-encoded,
/// after RabbitMQ's URI specification. Several hosts are separated by commas, as bare host[:port]
/// or as whole URLs that differ in nothing else. Query: cacertfile, certfile, keyfile,
/// verify=verify_peer, heartbeat (seconds, 0 for none); others are in `unused_parameters`.
/// No path, an empty one and "//" mean the vhost "/".
/// Error: invalid_url, Retry::kNever; its detail never holds the user or the password.
Result<RabbitOptions> parse_rabbit_url(const std::string& url);

}  // namespace postern
