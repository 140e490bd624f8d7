// Notes what became of each email: mail.* events ─ take ─► one transaction ─ commit ─► ack.
//
// Thread contract: all members may be called from any thread; the work is done on a thread of its
// own. An event that was noted and not acked comes again and changes nothing then.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "base/log.hpp"
#include "base/signal.hpp"
#include "queue/mail_event_source.hpp"
#include "store/writer.hpp"

namespace postern {

class DeliveryRecorder {
 public:
  /// Starts the thread. The references outlive the recorder.
  DeliveryRecorder(Writer& writer, std::unique_ptr<MailEventSource> events, Logger& log);
  ~DeliveryRecorder();
  DeliveryRecorder(const DeliveryRecorder&) = delete;
  DeliveryRecorder& operator=(const DeliveryRecorder&) = delete;

  void stop();

  /// As the events that were noted here tell it.
  MailOutcomes outcomes() const { return {sent_, deferred_, failed_}; }

 private:
  void loop();
  void take_turn();
  /// Tries until it is noted; false when the recorder stops before.
  bool note(const std::vector<MailStatus>& states);
  void count(const std::vector<MailStatus>& events);
  void pause(std::chrono::steady_clock::duration time);

  Writer& writer_;
  std::unique_ptr<MailEventSource> events_;
  Logger& log_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> deferred_ = 0;
  std::atomic<std::uint64_t> failed_ = 0;
  std::atomic<bool> stopping_ = false;
  Signal stop_signal_;
  std::thread thread_;
};

}  // namespace postern
