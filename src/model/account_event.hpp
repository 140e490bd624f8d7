// An event of an account, for other programs. Plain data; holds no address, token or hash.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace postern {

struct AccountEvent {
  std::string id;
  /// Also the routing key: account.registered, session.created, …
  std::string type;
  TimePoint at;
  std::string account_id;
  /// Of session events only.
  std::string session_id;
};

}  // namespace postern
