#include "http/request_handler.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

#include "base/limits.hpp"
#include "http/target.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

constexpr std::string_view kPreflightMaxAge = "600";
/// The headers that a page of a listed origin may send when its preflight names none.
constexpr std::string_view kUsualHeaders = "content-type, authorization";

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

WorkProofs::Time unix_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

bool is_token_list(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return ascii::is_token_char(c) || c == ',' || c == ' ' || c == '\t'; });
}

std::vector<Network> parse_networks(const std::vector<std::string>& entries) {
  std::vector<Network> networks;
  for (const std::string& entry : entries) {
    const auto network = parse_network(entry);
    if (!network) throw std::runtime_error("not a network: " + entry);
    networks.push_back(*network);
  }
  return networks;
}

}  // namespace

HttpResponse to_response(const Refusal& refusal) {
  return problem(refusal.status, refusal.code, refusal.detail);
}

RequestHandler::RequestHandler(const HttpServerOptions& options, const Router& router, Logger& log)
    : router_(router),
      log_(log),
      cors_origins_(options.cors_origins),
      trusted_(parse_networks(options.trusted_proxies)),
      forwarded_header_(options.forwarded_header),
      limiter_(options.limit_count, options.limit_window, limits::kLimiterKeys),
      server_targets_(options.server_targets),
      server_limiter_(options.server_limit_count, options.server_limit_window,
                      limits::kLimiterKeys),
      proof_limiter_(options.limit_count, options.limit_window, limits::kLimiterKeys),
      proofs_(options.work_proof_key, options.work_bits) {}

void RequestHandler::dispatch(Exchange& exchange, const std::string& target,
                              const IpAddress& peer) {
  try {
    if (auto response = respond_early(exchange.request, target, peer)) {
      exchange.respond(std::move(*response));
      return;
    }
    const auto match = router_.match(exchange.request.method, exchange.request.path);
    exchange.counts = &match.counts;
    match.handler(exchange.request, exchange.responder());
  } catch (...) {
    // The exception's text may hold parts of the request.
    exchange.respond(to_response(refusal::kFailed));
  }
}

void RequestHandler::count(const Exchange& exchange, int status,
                           std::chrono::steady_clock::duration time) {
  (exchange.counts ? *exchange.counts : router_.other_counts()).count(status, time);
  if (status == refusal::kFailed.status) {
    log_.error("request failed", {{"request_id", exchange.request.request_id}});
  }
}

std::optional<HttpResponse> RequestHandler::respond_early(HttpRequest& request,
                                                          const std::string& target,
                                                          const IpAddress& peer) {
  const IpAddress client =
      trusted_.empty() ? peer : client_address(peer, request.headers, trusted_, forwarded_header_);
  request.client_address = client.text();
  if (auto response = limit(request, target, client)) return response;
  if (request.method == "CONNECT" || request.method == "TRACE") {
    return router_.refuse(request, refusal::kNotImplemented);
  }
  if (const auto refusal = parse_target(target, request.path, request.query)) {
    return router_.refuse(request, *refusal);
  }
  if (!is_target_of(target, request.header("host")))
    return router_.refuse(request, refusal::kOtherHost);
  return preflight(request);
}

std::optional<HttpResponse> RequestHandler::limit(const HttpRequest& request,
                                                  const std::string& target,
                                                  const IpAddress& client) {
  if (is_safe(request.method)) return std::nullopt;
  const bool of_server = std::ranges::find(server_targets_, target) != server_targets_.end();
  auto& limiter = of_server ? server_limiter_ : limiter_;
  const auto wait = limiter.refuse(client, std::chrono::steady_clock::now());
  if (!wait) return std::nullopt;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
  std::vector<HttpHeader> headers{
      {"Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1))}};
  // A server has no browser that could compute.
  if (proofs_.enabled() && !of_server) {
    if (has_proof(request, client)) return std::nullopt;
    headers.emplace_back(kWorkHeader, proofs_.challenge(client, unix_now()) +
                                          "; bits=" + std::to_string(proofs_.bits()));
  }
  return router_.refuse(request, refusal::kTooMany, std::move(headers));
}

bool RequestHandler::has_proof(const HttpRequest& request, const IpAddress& client) {
  return proofs_.accept(work_proof_of(request.header("cookie")), client, unix_now()) &&
         !proof_limiter_.refuse(client, std::chrono::steady_clock::now());
}

std::optional<HttpResponse> RequestHandler::preflight(const HttpRequest& request) const {
  if (request.method != "OPTIONS" || allowed_origin(request).empty()) return std::nullopt;
  if (request.header("access-control-request-method").empty()) return std::nullopt;
  HttpResponse response;
  response.status = 204;
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE");
  const std::string_view wanted = request.header("access-control-request-headers");
  const bool echoed = !wanted.empty() && is_token_list(wanted);
  response.headers.emplace_back("Access-Control-Allow-Headers", echoed ? wanted : kUsualHeaders);
  response.headers.emplace_back("Vary", "Access-Control-Request-Headers");
  response.headers.emplace_back("Access-Control-Max-Age", kPreflightMaxAge);
  return response;
}

bool RequestHandler::is_secure(const HttpRequest& request, const IpAddress& peer) const {
  return !trusted_.empty() && is_trusted(peer, trusted_) &&
         forwarded_https(request.headers, forwarded_header_);
}

std::string_view RequestHandler::allowed_origin(const HttpRequest& request) const {
  if (cors_origins_.empty()) return {};
  const std::string_view origin = request.header("origin");
  const bool allowed = std::ranges::find(cors_origins_, origin) != cors_origins_.end();
  return allowed ? origin : std::string_view();
}

}  // namespace postern
