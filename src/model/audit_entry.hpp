// An entry of the audit trail, for the operator. Holds no address, token or password.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace postern {

struct AuditEntry {
  std::string id;
  TimePoint at;
  /// register, recover-password, set-password; create, send, unlock, disable,
  /// enable, delete, import.
  std::string action;
  /// The result: mail:confirm, none:unknown, none:limit, …
  std::string outcome;
  /// Empty when there is no such account.
  std::string account_id;
  std::string request_id;
};

}  // namespace postern
