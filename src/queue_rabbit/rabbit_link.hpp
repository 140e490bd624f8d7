// A connection that is opened when it is needed and kept alive while its owner is busy elsewhere.
//
// Thread contract: lock() first, then anything else, from any one thread at a time. A thread of its
// own answers heartbeats whenever no thread holds the lock: a mail that takes minutes must not cost
// the connection, and with it every delivery that was taken.
// Does not reconnect by itself: the owner knows what it has lost.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "base/result.hpp"
#include "queue_rabbit/rabbit_connection.hpp"
#include "queue_rabbit/rabbit_options.hpp"

namespace postern {

class RabbitLink {
 public:
  /// The setup of a new connection before its use.
  using SetUp = std::function<Status(RabbitConnection&)>;

  RabbitLink(RabbitOptions options, std::string name, SetUp set_up, Logger& log);
  ~RabbitLink();
  RabbitLink(const RabbitLink&) = delete;
  RabbitLink& operator=(const RabbitLink&) = delete;

  std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }

  /// nullptr: there is none.
  RabbitConnection* connection() const { return connection_.get(); }
  /// Opens one when there is none. One attempt at each host.
  Status open();
  /// Ends the connection after an error.
  void drop(const Error& why);

  const RabbitOptions& options() const { return options_; }
  /// How often a thread has to read, so that no heartbeat is missed.
  std::chrono::milliseconds tend_interval() const;

 private:
  void tend();

  const RabbitOptions options_;
  const std::string name_;
  const SetUp set_up_;
  Logger& log_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  /// Why there is no connection, as it was logged; empty: nothing was.
  std::string reported_;
  std::unique_ptr<RabbitConnection> connection_;
  std::thread tender_;
};

}  // namespace postern
