// What logins and sessions work with in the app.
//
// Thread contract: for the start of a process; the services may be used from any thread.
#pragma once

#include "account/session_services.hpp"
#include "app/config.hpp"
#include "base/timer.hpp"

namespace postern {

class SessionSide {
 public:
  /// Loads the keys, and makes the first one. Throws StartError.
  SessionSide(const Config& config, Writer& writer, const Clock& clock, Logger& log);
  SessionSide(const SessionSide&) = delete;
  SessionSide& operator=(const SessionSide&) = delete;

  SessionServices& services() { return services_; }
  AccessKeys& keys() { return keys_; }

 private:
  SessionTokens tokens_;
  AccessKeys keys_;
  DeviceTokens devices_;
  Timer timer_;
  SessionServices services_;
};

}  // namespace postern
