// The services of logins and sessions in the app, and the thread that keeps them current: it
// reloads the signing keys and deletes expired rows.
//
// Thread contract: for the start of a process; the services may be used from any thread.
#pragma once

#include <thread>

#include "account/session_services.hpp"
#include "app/config.hpp"
#include "base/timer.hpp"

namespace postern {

class SessionSide {
 public:
  /// Loads the keys, and makes the first one. Throws StartError.
  SessionSide(const Config& config, Writer& writer, const Clock& clock, Logger& log);
  ~SessionSide();
  SessionSide(const SessionSide&) = delete;
  SessionSide& operator=(const SessionSide&) = delete;

  SessionServices& services() { return services_; }

 private:
  void keep_fresh();
  void purge();

  Writer& writer_;
  const Clock& clock_;
  Logger& log_;
  SessionTokens tokens_;
  AccessKeys keys_;
  DeviceTokens devices_;
  Timer timer_;
  SessionServices services_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postern
