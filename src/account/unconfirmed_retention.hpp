// Deletes accounts that were not confirmed within their retention period.
//
//   round ─► page by page through all accounts, the oldest first ─► an hour
//
// An account goes when it is unconfirmed, and its creation, its last change and its last email are
// all longer ago than the retention: a link that is on its way keeps its account. There is no index
// by state, which every registration would pay for; hence the walk, with a pause after each page.
//
// Thread contract: the constructor starts a thread, the destructor ends it. Two apps may do it
// together.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

#include "account/services.hpp"
#include "base/log.hpp"
#include "base/signal.hpp"

namespace postern {

/// One round. `go_on` is asked after each page and may pause; false ends the round.
Status delete_unconfirmed(AccountServices& services, Duration retention,
                          const std::function<bool()>& go_on);

class UnconfirmedRetention {
 public:
  /// All of them outlive this.
  UnconfirmedRetention(AccountServices& services, Duration retention, Logger& log);
  ~UnconfirmedRetention();
  UnconfirmedRetention(const UnconfirmedRetention&) = delete;
  UnconfirmedRetention& operator=(const UnconfirmedRetention&) = delete;

 private:
  void loop();
  /// False when the thread is to end.
  bool pause(std::chrono::steady_clock::duration time);

  AccountServices& services_;
  const Duration retention_;
  Logger& log_;
  std::atomic<bool> stopping_ = false;
  Signal stop_signal_;
  std::thread thread_;
};

}  // namespace postern
