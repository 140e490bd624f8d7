#include "http/loopback.hpp"

#include <algorithm>

#include "http/client_address.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

std::string_view without_brackets(std::string_view host) {
  const bool has = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  return has ? host.substr(1, host.size() - 2) : host;
}

bool is_loopback_address(const IpAddress& address) {
  const auto& bytes = address.bytes();
  if (address.is_v4()) return bytes[12] == 127;
  return bytes[15] == 1 && std::all_of(bytes.begin(), bytes.end() - 1, [](auto b) { return !b; });
}

/// Written by proxies and by nothing that a person runs on this machine.
bool is_proxy_header(std::string_view name) {
  constexpr std::string_view kNames[] = {"forwarded",
                                         "via",
                                         "x-real-ip",
                                         "x-client-ip",
                                         "client-ip",
                                         "true-client-ip",
                                         "x-cluster-client-ip",
                                         "cdn-loop",
                                         "x-original-host",
                                         "x-original-url",
                                         "x-envoy-external-address",
                                         "x-amzn-trace-id",
                                         "fly-client-ip",
                                         "fastly-client-ip",
                                         "x-proxyuser-ip",
                                         "x-azure-clientip"};
  const auto lower = ascii::to_lower(name);
  return lower.starts_with("x-forwarded") || lower.starts_with("cf-") ||
         std::ranges::find(kNames, lower) != std::end(kNames);
}

/// A page elsewhere that leads here is no person who looks at this machine's mail.
bool comes_from_elsewhere(const HttpRequest& request) {
  const auto origin = request.header("Origin");
  return !origin.empty() && origin != "null" && !is_loopback_host(host_of_url(origin));
}

}  // namespace

bool is_loopback_host(std::string_view host) {
  host = without_brackets(host);
  if (const auto address = IpAddress::parse(host)) return is_loopback_address(*address);
  const auto lower = ascii::to_lower(host);
  return lower == "localhost" || (lower.size() > 10 && lower.ends_with(".localhost"));
}

bool is_address_literal(std::string_view host) {
  return IpAddress::parse(without_brackets(host)).has_value();
}

std::string_view without_port(std::string_view authority) {
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  return has_port ? authority.substr(0, colon) : authority;
}

std::string_view host_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto rest = url.substr(scheme + 3);
  return without_port(rest.substr(0, std::min(rest.find_first_of("/?#"), rest.size())));
}

bool is_local_request(const HttpRequest& request) {
  // A proxy that says nothing of itself still speaks HTTP/1.0 by default (nginx); nothing else that
  // shows captured mail does.
  if (request.is_http10 || !is_loopback_host(request.client_address)) return false;
  if (!is_loopback_host(without_port(request.header("Host")))) return false;
  if (comes_from_elsewhere(request)) return false;
  return std::ranges::none_of(
      request.headers, [](const HttpHeader& header) { return is_proxy_header(header.first); });
}

}  // namespace postern
