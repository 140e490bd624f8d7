#include "http/client_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <ranges>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern::http {
namespace {

using ascii::equals_ignoring_case;

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Cuts at `mark`, but not inside a quoted string.
std::vector<std::string_view> split_outside_quotes(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == mark && !quoted) {
      parts.push_back(ascii::trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  parts.push_back(ascii::trim(text.substr(begin)));
  return parts;
}

/// The node of one hop: an address, with or without a port.
std::optional<IpAddress> parse_node(std::string_view node) {
  if (node.starts_with('[')) {
    const auto end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = node.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    return IpAddress::parse(node.substr(1, end - 1));
  }
  const auto colon = node.find(':');
  if (colon != std::string_view::npos && node.find(':', colon + 1) == std::string_view::npos) {
    node = node.substr(0, colon);
  }
  return IpAddress::parse(node);
}

/// The `for` of one element of Forwarded; empty when it has none.
std::string_view forwarded_for(std::string_view element) {
  for (const std::string_view pair : split_outside_quotes(element, ';')) {
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (!equals_ignoring_case(pair.substr(0, equals), "for")) continue;
    std::string_view value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    return value;
  }
  return {};
}

/// All elements of all headers of that name, in order.
std::vector<std::string_view> elements_of(std::span<const Header> headers, std::string_view name) {
  std::vector<std::string_view> elements;
  for (const auto& [key, value] : headers) {
    if (!equals_ignoring_case(key, name)) continue;
    const auto parts = split_outside_quotes(value, ',');
    elements.insert(elements.end(), parts.begin(), parts.end());
  }
  return elements;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';

  Bytes bytes{};
  if (inet_pton(AF_INET6, buffer, bytes.data()) == 1) return IpAddress(bytes);
  std::ranges::copy(kMappedPrefix, bytes.begin());
  if (inet_pton(AF_INET, buffer, bytes.data() + kMappedPrefix.size()) == 1) {
    return IpAddress(bytes);
  }
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::ranges::equal(kMappedPrefix, std::span(bytes_).first<12>());
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + kMappedPrefix.size(), buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
  }
  return buffer;
}

IpAddress IpAddress::masked(int bits) const {
  Bytes bytes = bytes_;
  for (int i = 0; i < static_cast<int>(bytes.size()); ++i) {
    const int kept = std::clamp(bits - i * 8, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return IpAddress(bytes);
}

bool Network::contains(const IpAddress& address) const {
  return address.is_v4() == base.is_v4() && address.masked(prefix_bits) == base;
}

std::optional<Network> parse_network(std::string_view cidr) {
  const auto slash = cidr.find('/');
  const auto address = IpAddress::parse(cidr.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Network{*address, 128};

  const std::string_view digits = cidr.substr(slash + 1);
  int bits = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (failure != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  const bool dotted = cidr.find(':') == std::string_view::npos;
  if (bits < 0 || bits > (dotted ? 32 : 128)) return std::nullopt;
  if (dotted) bits += 96;
  // ::ffff:0:0/90 would be neither an IPv4 network nor an IPv6 one.
  if (address->is_v4() && bits < 96) return std::nullopt;
  return Network{address->masked(bits), bits};
}

bool is_trusted(const IpAddress& address, std::span<const Network> trusted) {
  return std::ranges::any_of(trusted, [&](const Network& net) { return net.contains(address); });
}

IpAddress client_address(const IpAddress& peer, std::span<const Header> headers,
                         std::span<const Network> trusted) {
  if (!is_trusted(peer, trusted)) return peer;
  auto hops = elements_of(headers, "x-forwarded-for");
  if (hops.empty()) {
    hops = elements_of(headers, "forwarded");
    std::ranges::transform(hops, hops.begin(), forwarded_for);
  }
  IpAddress client = peer;
  for (const std::string_view hop :
       hops | std::views::reverse | std::views::take(limits::kForwardedHops)) {
    const auto address = parse_node(hop);
    if (!address) break;
    client = *address;
    if (!is_trusted(client, trusted)) break;
  }
  return client;
}

bool forwarded_https(std::span<const Header> headers) {
  const auto schemes = elements_of(headers, "x-forwarded-proto");
  return !schemes.empty() && equals_ignoring_case(schemes.back(), "https");
}

}  // namespace postern::http
