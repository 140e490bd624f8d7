// From a complete request to its response: target, client, CORS, request limit, route.
//
// Thread contract: dispatch() from any I/O thread at once; all it shares is read-only or locked.
// Knows no sockets and no routes' meaning.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "http/client_address.hpp"
#include "http/exchange.hpp"
#include "http/rate_limiter.hpp"
#include "http/refusal.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/work_proof.hpp"

namespace postern {

class RequestHandler {
 public:
  /// Throws std::runtime_error when an entry of trusted_proxies is no network.
  RequestHandler(const HttpServerOptions& options, const Router& router, Logger& log);

  /// Sees to it that the exchange is answered, now or later. `target` is the request's, as sent;
  /// method, headers, body and ids are filled in. Never throws.
  void dispatch(Exchange& exchange, const std::string& target, const IpAddress& peer);

  /// Notes what a request was answered with, and how long after it was complete.
  void count(const Exchange& exchange, int status, std::chrono::steady_clock::duration time);

  bool is_trusted_proxy(const IpAddress& peer) const { return is_trusted(peer, trusted_); }
  bool is_secure(const HttpRequest& request, const IpAddress& peer) const;
  /// The request's Origin when it may call from there, else empty.
  std::string_view allowed_origin(const HttpRequest& request) const;
  bool varies_by_origin() const { return !cors_origins_.empty(); }

 private:
  /// The response when no handler is asked.
  std::optional<HttpResponse> respond_early(HttpRequest& request, const std::string& target,
                                            const IpAddress& peer);
  std::optional<HttpResponse> preflight(const HttpRequest& request) const;
  std::optional<HttpResponse> limit(const HttpRequest& request, const std::string& target,
                                    const IpAddress& client);
  /// A proof of work, for which the client's network has room.
  bool has_proof(const HttpRequest& request, const IpAddress& client);

  const Router& router_;
  Logger& log_;
  const std::vector<std::string> cors_origins_;
  std::vector<Network> trusted_;
  const ForwardedHeader forwarded_header_;
  RateLimiter limiter_;
  const std::vector<std::string> server_targets_;
  RateLimiter server_limiter_;
  /// Requests beyond limiter_ that have a proof of work.
  RateLimiter proof_limiter_;
  WorkProofs proofs_;
};

/// The problem+json of a refusal.
HttpResponse to_response(const Refusal& refusal);

}  // namespace postern
