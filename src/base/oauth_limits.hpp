// The limits of OAuth 2.0 access tokens for SMTP.
#pragma once

#include <chrono>
#include <cstddef>

namespace postern::limits {

using namespace std::chrono_literals;

/// The token endpoint: to connect, and to answer in all.
inline constexpr auto kTokenConnectTimeout = 10s;
inline constexpr auto kTokenTimeout = 20s;
inline constexpr std::size_t kTokenResponseBytes = 64 * 1024;
/// An access token; an AUTH command has at most 12288 octets (RFC 4954, section 4), of base64.
inline constexpr std::size_t kAccessTokenBytes = 8 * 1024;
/// Where the endpoint does not say how long a token lives, and what is believed at most.
inline constexpr auto kTokenLifeUnknown = 300s;
inline constexpr auto kTokenLifeMost = 24h;
/// A token is renewed that long before its end, or when a fifth of its life is left.
inline constexpr auto kTokenRenewBefore = 300s;
/// The longest shown part of an endpoint's or a server's own words.
inline constexpr std::size_t kTokenWordsBytes = 200;

}  // namespace postern::limits
