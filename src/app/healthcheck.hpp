// `postern healthcheck`: asks this machine's running process for its health, so that a container
// image needs no HTTP client for its probes.
//
// Thread contract: for one thread.
#pragma once

#include <chrono>
#include <string>

#include "base/config_limits.hpp"
#include "base/result.hpp"

namespace postern {

/// The URL at which a process of this machine reaches `path` of a listener bound to `listen`
/// (HOST:PORT): a listener on every address is asked on loopback.
std::string health_url(const std::string& listen, const std::string& path);

struct Health {
  /// 200: healthy or ready.
  bool good = false;
  /// One line for the operator: the response's status and body.
  std::string report;
};

/// Error: no HTTP response within `timeout`.
Result<Health> ask_health(const std::string& url,
                          std::chrono::milliseconds timeout = limits::kHealthcheckTimeout);

}  // namespace postern
