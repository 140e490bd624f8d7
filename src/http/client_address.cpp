#include "http/client_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/connection_limits.hpp"
#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/header_value.hpp"

namespace postern {
namespace {

using ascii::equals_ignoring_case;

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// A number, or an obfuscated one.
bool is_port(std::string_view port) {
  constexpr std::size_t kPortDigits = 5;
  if (port.starts_with('_')) return std::ranges::all_of(port, ascii::is_token_char);
  return !port.empty() && port.size() <= kPortDigits && std::ranges::all_of(port, ascii::is_digit);
}

/// The node of one hop: an address, with or without a port (RFC 7239, section 6).
std::optional<IpAddress> parse_node(std::string_view node) {
  std::string_view port;
  if (node.starts_with('[')) {
    const auto end = node.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    port = node.substr(end + 1);
    node = node.substr(1, end - 1);
    if (node.find(':') == std::string_view::npos) return std::nullopt;
  } else if (std::ranges::count(node, ':') == 1) {
    port = node.substr(node.find(':'));
    node = node.substr(0, node.size() - port.size());
  }
  if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) return std::nullopt;
  return IpAddress::parse(node);
}

/// The parameters that are read of one element of Forwarded.
struct ForwardedElement {
  std::string node;
  std::string proto;
};

/// `name=value;name="value"`; nothing when it is not of this form.
std::optional<ForwardedElement> parse_element(std::string_view text) {
  const auto pairs = parse_parameters(text);
  if (!pairs) return std::nullopt;
  const auto value_of = [&](std::string_view name) {
    const auto found = pairs->find(name);
    return found == pairs->end() ? std::string() : found->second;
  };
  return ForwardedElement{value_of("for"), value_of("proto")};
}

/// The elements of all header lines of one name, from the last one on.
///
/// A comma always ends an element, so that an opening quote, which any client can send, takes no
/// hop of a proxy along. Only what is malformed by itself is read together with what stands before
/// it in the same line: it may be the end of a quoted value that holds commas.
class ElementsFromTheRight {
 public:
  ElementsFromTheRight(std::span<const HttpHeader> headers, std::string_view name)
      : headers_(headers), name_(name) {}

  /// The next one that is not empty, as it is; nothing at the end.
  std::optional<std::string_view> next() {
    while (in_line_ || find_line()) {
      const std::string_view element = ascii::trim(cut());
      if (!element.empty()) return element;
    }
    return std::nullopt;
  }

  /// The element that next() gave, from one comma further to the left; nothing when there is none.
  std::optional<std::string_view> widen() {
    if (!in_line_) return std::nullopt;
    const char* end = element_end_;
    const std::string_view more = cut();
    element_end_ = end;
    return ascii::trim(std::string_view(more.data(), static_cast<std::size_t>(end - more.data())));
  }

 private:
  bool find_line() {
    while (!headers_.empty()) {
      const auto& [name, value] = headers_.back();
      headers_ = headers_.first(headers_.size() - 1);
      if (!equals_ignoring_case(name, name_)) continue;
      line_ = value;
      in_line_ = true;
      return true;
    }
    return false;
  }

  std::string_view cut() {
    const auto comma = line_.rfind(',');
    in_line_ = comma != std::string_view::npos;
    const std::string_view element = line_.substr(in_line_ ? comma + 1 : 0);
    element_end_ = line_.data() + line_.size();
    line_ = line_.substr(0, in_line_ ? comma : 0);
    return element;
  }

  std::span<const HttpHeader> headers_;
  const std::string_view name_;
  std::string_view line_;
  bool in_line_ = false;
  const char* element_end_ = nullptr;
};

/// The next element of Forwarded, further to the right first.
std::optional<ForwardedElement> next_forwarded(ElementsFromTheRight& elements,
                                               std::string_view text) {
  auto element = parse_element(text);
  for (std::size_t joined = 0; !element && joined < limits::kJoinedForwardedParts; ++joined) {
    const auto wider = elements.widen();
    if (!wider) return std::nullopt;
    element = parse_element(*wider);
  }
  return element;
}

constexpr std::string_view name_of(ForwardedHeader header) {
  return header == ForwardedHeader::kForwarded ? "forwarded" : "x-forwarded-for";
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
  if (!is_v4()) return inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
  // Made for each request; inet_ntop formats by printf here.
  char* end = buffer;
  for (const unsigned byte : std::span(bytes_).subspan<kMappedPrefix.size()>()) {
    if (end != buffer) *end++ = '.';
    end = std::to_chars(end, std::end(buffer), byte).ptr;
  }
  return {buffer, end};
}

IpAddress IpAddress::masked(int bits) const {
  Bytes bytes = bytes_;
  for (int i = 0; i < static_cast<int>(bytes.size()); ++i) {
    const int kept = std::clamp(bits - i * 8, 0, 8);
    bytes[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return IpAddress(bytes);
}

std::string limit_network(std::string_view canonical_address) {
  // An IPv4 address is its own key.
  if (canonical_address.find(':') == std::string_view::npos) return std::string(canonical_address);
  const auto address = IpAddress::parse(canonical_address);
  return address ? address->limit_key().text() : std::string();
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

std::optional<ForwardedHeader> parse_forwarded_header(std::string_view name) {
  for (const auto header : {ForwardedHeader::kXForwardedFor, ForwardedHeader::kForwarded}) {
    if (equals_ignoring_case(name, name_of(header))) return header;
  }
  return std::nullopt;
}

IpAddress client_address(const IpAddress& peer, std::span<const HttpHeader> headers,
                         std::span<const Network> trusted, ForwardedHeader header) {
  if (!is_trusted(peer, trusted)) return peer;
  ElementsFromTheRight elements(headers, name_of(header));
  IpAddress client = peer;
  for (std::size_t hops = 0; hops < limits::kForwardedHops; ++hops) {
    const auto text = elements.next();
    if (!text) return client;
    std::optional<IpAddress> address;
    if (header == ForwardedHeader::kXForwardedFor) {
      address = parse_node(*text);
    } else if (const auto element = next_forwarded(elements, *text)) {
      address = parse_node(element->node);
    }
    if (!address) return client;
    client = *address;
    if (!is_trusted(client, trusted)) return client;
  }
  return client;
}

bool forwarded_https(std::span<const HttpHeader> headers, ForwardedHeader header) {
  const bool standard = header == ForwardedHeader::kForwarded;
  ElementsFromTheRight elements(headers, standard ? "forwarded" : "x-forwarded-proto");
  const auto last = elements.next();
  if (!last) return false;
  if (!standard) return equals_ignoring_case(*last, "https");
  const auto element = next_forwarded(elements, *last);
  return element && equals_ignoring_case(element->proto, "https");
}

}  // namespace postern
