// The limits of the login throttle, of known devices and of a refresh token's chain. Units last.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace postern::limits {

using namespace std::chrono_literals;

/// Rotations of one session's refresh token within kRefreshGrace. With more, the present token is
/// given again: the chain stays short, and none of its tokens is forgotten early.
inline constexpr std::size_t kRefreshChain = 64;

/// A client network that is quiet for so long has one failure less against it.
inline constexpr auto kLoginRefill = 15min;
/// Client networks whose wrong passwords are counted over all addresses, at 16 bytes; and how long
/// one waits that has used up its limit.
inline constexpr std::size_t kLoginClientKeys = 65'536;
inline constexpr auto kLoginClientWait = 30s;
/// A device that does not log in for so long is an unknown one again; browsers keep no cookie
/// longer.
inline constexpr auto kDeviceLife = 24h * 400;
/// A refused login is answered at a multiple of this after its hash began: imported hashes cost
/// more or less than our own, and an unknown address has none. Longer than the usual ones take on a
/// slow core (bcrypt of cost 12: 260 ms, PBKDF2 of 870,000 rounds: 350 ms).
inline constexpr auto kRefusedLoginTick = 1000ms;
/// Accounts that one browser is known for.
inline constexpr std::size_t kKnownAccounts = 4;

/// How long after a change of address the former one may take the account back.
inline constexpr auto kTakeBackLife = 24h * 7;

/// Issued further ahead than this, a token is proof of clocks that differ: the log says so.
inline constexpr auto kClockNotice = 30s;
/// How far a token's iat and nbf may lie ahead: its maker's clock may be fast by so much.
inline constexpr auto kClockDifference = 5min;
/// The log names differing clocks no more often.
inline constexpr auto kClockNoticeGap = 1h;

}  // namespace postern::limits
