// The client of a request: addresses in one canonical form, read back through trusted proxies.
//
// Thread contract: plain values and pure functions.
// Only one forwarding header is read, the one that the trusted proxies write, and only when the
// peer is such a proxy: a client can invent the other one.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace postern {

/// An IPv4 or IPv6 address. IPv4 is kept as IPv4-mapped IPv6 (RFC 4291, section 2.5.5.2), so that
/// both spellings are one address.
class IpAddress {
 public:
  using Bytes = std::array<std::uint8_t, 16>;

  IpAddress() = default;
  explicit IpAddress(const Bytes& bytes) : bytes_(bytes) {}

  /// Without port, brackets and zone.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  /// "192.0.2.1", "2001:db8::1".
  std::string text() const;
  /// The key of the limits: an IPv4 address, or the /64 of an IPv6 one.
  IpAddress limit_key() const { return is_v4() ? *this : masked(64); }
  /// With all but the first `bits` of the 128 set to zero.
  IpAddress masked(int bits) const;
  const Bytes& bytes() const { return bytes_; }

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  Bytes bytes_{};
};

/// The limit_key() of an address in its canonical form, as text; empty when it is none.
std::string limit_network(std::string_view canonical_address);

struct Network {
  IpAddress base;
  /// Of the 128 of the mapped form: 10.0.0.0/8 has 104.
  int prefix_bits = 128;

  bool contains(const IpAddress& address) const;
};

/// "10.0.0.0/8", "fd00::/8", or a single address; nothing when it is none of these.
std::optional<Network> parse_network(std::string_view cidr);

bool is_trusted(const IpAddress& address, std::span<const Network> trusted);

/// The header that trusted proxies append to.
enum class ForwardedHeader {
  kXForwardedFor,
  /// RFC 7239.
  kForwarded,
};

/// "x-forwarded-for" or "forwarded", in any case.
std::optional<ForwardedHeader> parse_forwarded_header(std::string_view name);

/// The rightmost hop that is no trusted proxy; `peer` itself when it is not trusted or names no
/// hop. A hop that is no address (unknown, obfuscated, malformed) ends the walk at the last good
/// one: the proxy that named it, or the peer.
IpAddress client_address(const IpAddress& peer, std::span<const HttpHeader> headers,
                         std::span<const Network> trusted, ForwardedHeader header);

/// Whether the last proxy says that the client spoke HTTPS to it: X-Forwarded-Proto, or `proto` of
/// Forwarded.
bool forwarded_https(std::span<const HttpHeader> headers, ForwardedHeader header);

}  // namespace postern
