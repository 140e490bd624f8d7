// By what an attempt to log in is counted, and whether it may be made now.
//
// Thread contract: pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "model/login_throttle.hpp"

namespace postern {

/// The throttles' keys.
std::string account_throttle_key(std::string_view email_key);
std::string client_throttle_key(std::string_view email_key, std::string_view client_network);
std::string device_throttle_key(std::string_view device_id);
std::string session_throttle_key(std::string_view session_id);

/// How long an attempt has to wait; zero: it is counted in the throttles, which are to be put back.
/// `client` is of one address and one network, `account` of the address alone.
Duration count_unknown(LoginThrottle& client, LoginThrottle& account, TimePoint now);
/// `known` is of a device or a session; nothing when it has no attempts left.
std::optional<Duration> count_known(LoginThrottle& known, TimePoint now);

}  // namespace postern
