// The limits of the OpenID Provider. Units last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern::limits {

using namespace std::chrono_literals;

/// How long an authorization code may be exchanged.
inline constexpr auto kCodeLife = 60s;
/// How long a person may take to log in or to register; a registration's link may live longer.
inline constexpr auto kFlowLife = 2h;
/// A browser's open flows; with one more the oldest is forgotten.
inline constexpr std::size_t kFlows = 4;
/// An authorization request in its cookie, sealed: browsers keep 4096 bytes with name and
/// attributes.
inline constexpr std::size_t kFlowBytes = 3500;
/// Grants of one session; with one more the one that was used longest ago goes.
inline constexpr std::size_t kGrantsPerSession = 32;
/// Consents of one account; with one more the oldest goes.
inline constexpr std::size_t kConsentsPerAccount = 64;
/// The clients as a process knows them are at most so old; what would be refused is looked up anew.
inline constexpr auto kClientsAge = 1s;
inline constexpr std::size_t kRedirectUrisPerClient = 32;
inline constexpr std::size_t kRedirectUriBytes = 512;
/// How far ahead an assertion of private_key_jwt may expire.
inline constexpr auto kAssertionLife = 1h;
/// Keys of a client's JWK set.
inline constexpr std::size_t kJwkSetKeys = 8;
inline constexpr std::size_t kJwkSetBytes = 16 * 1024;
inline constexpr std::size_t kJwkKidBytes = 256;
inline constexpr int kRsaBitsLeast = 2048;
/// More bits make a verification slow.
inline constexpr int kRsaBitsMost = 4096;
/// From 65537 (FIPS 186-5, 5.4); a large exponent makes a verification slow too.
inline constexpr int kRsaExponentBitsLeast = 17;
inline constexpr int kRsaExponentBitsMost = 64;
/// RSA of 4096 bits takes 683 bytes for the signature alone.
inline constexpr std::size_t kAssertionBytes = 4096;
/// `jti` of an assertion.
inline constexpr std::size_t kAssertionIdBytes = 256;
/// Expired assertions that one use removes.
inline constexpr std::int64_t kAssertionsRemoved = 16;
/// Requests to the token endpoint and its neighbours from one address: a product's server asks for
/// all of its people.
inline constexpr std::uint64_t kTokenRequests = 6000;
inline constexpr auto kTokenRequestsWindow = 1min;

}  // namespace postern::limits
