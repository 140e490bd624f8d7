// The limits of the pages. Units last.
#pragma once

#include <chrono>

namespace postern::limits {

using namespace std::chrono_literals;

/// How long a browser knows the address that it has just sent, to show it and to send it again.
inline constexpr auto kSentNoticeLife = 15min;
/// The page offers to send again after so long. The server takes the form at any time.
inline constexpr auto kResendPause = 60s;

}  // namespace postern::limits
