#include "http/request_handler.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>

#include "base/limits.hpp"
#include "http/target.hpp"
#include "text/ascii.hpp"

namespace postern::http {
namespace {

constexpr std::string_view kPreflightMaxAge = "600";
/// What a page of a listed origin may send when it does not ask.
constexpr std::string_view kUsualHeaders = "content-type, authorization";

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
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

Response to_response(const Refusal& refusal) {
  return problem(refusal.status, refusal.code, refusal.detail);
}

RequestHandler::RequestHandler(const ServerOptions& options, const Router& router, Logger& log)
    : router_(router),
      log_(log),
      cors_origins_(options.cors_origins),
      trusted_(parse_networks(options.trusted_proxies)),
      forwarded_header_(options.forwarded_header),
      limiter_(options.limit_count, options.limit_window, limits::kLimiterKeys) {}

void RequestHandler::dispatch(Exchange& exchange, const std::string& target,
                              const IpAddress& peer) {
  try {
    if (auto answer = answer_early(exchange.request, target, peer)) {
      exchange.answer(std::move(*answer));
      return;
    }
    const auto match = router_.match(exchange.request.method, exchange.request.path);
    exchange.counts = &match.counts;
    match.handler(exchange.request, exchange.responder());
  } catch (...) {
    // What the exception says may hold what the client sent.
    exchange.answer(to_response(kFailed));
  }
}

void RequestHandler::count(const Exchange& exchange, int status,
                           std::chrono::steady_clock::duration time) {
  (exchange.counts ? *exchange.counts : router_.other_counts()).count(status, time);
  if (status == kFailed.status) {
    log_.error("request failed", {{"request_id", exchange.request.request_id}});
  }
}

std::optional<Response> RequestHandler::answer_early(Request& request, const std::string& target,
                                                     const IpAddress& peer) {
  const IpAddress client =
      trusted_.empty() ? peer : client_address(peer, request.headers, trusted_, forwarded_header_);
  request.client_address = client.text();
  if (auto answer = limit(request, client)) return answer;
  if (request.method == "CONNECT" || request.method == "TRACE") {
    return router_.refuse(request, kNotImplemented);
  }
  if (const auto refusal = parse_target(target, request.path, request.query)) {
    return router_.refuse(request, *refusal);
  }
  if (!is_target_of(target, request.header("host"))) return router_.refuse(request, kOtherHost);
  return preflight(request);
}

std::optional<Response> RequestHandler::limit(const Request& request, const IpAddress& client) {
  if (is_safe(request.method)) return std::nullopt;
  const auto wait = limiter_.refuse(client, std::chrono::steady_clock::now());
  if (!wait) return std::nullopt;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
  return router_.refuse(request, kTooMany,
                        {{"Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1))}});
}

std::optional<Response> RequestHandler::preflight(const Request& request) const {
  if (request.method != "OPTIONS" || allowed_origin(request).empty()) return std::nullopt;
  if (request.header("access-control-request-method").empty()) return std::nullopt;
  Response answer;
  answer.status = 204;
  answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE");
  const std::string_view wanted = request.header("access-control-request-headers");
  const bool echoed = !wanted.empty() && is_token_list(wanted);
  answer.headers.emplace_back("Access-Control-Allow-Headers", echoed ? wanted : kUsualHeaders);
  answer.headers.emplace_back("Vary", "Access-Control-Request-Headers");
  answer.headers.emplace_back("Access-Control-Max-Age", kPreflightMaxAge);
  return answer;
}

bool RequestHandler::is_secure(const Request& request, const IpAddress& peer) const {
  return !trusted_.empty() && is_trusted(peer, trusted_) &&
         forwarded_https(request.headers, forwarded_header_);
}

std::string_view RequestHandler::allowed_origin(const Request& request) const {
  if (cors_origins_.empty()) return {};
  const std::string_view origin = request.header("origin");
  const bool allowed = std::ranges::find(cors_origins_, origin) != cors_origins_.end();
  return allowed ? origin : std::string_view();
}

}  // namespace postern::http
