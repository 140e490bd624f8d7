// The mail.* events from the broker, for the recorder of delivery outcomes. All apps share
// one queue, so each event is noted once.
//
// Thread contract: MailEventSource's. A thread of its own answers heartbeats between the calls.
// What is no mail event is logged and dropped: it can never become one.
#pragma once

#include <cstdint>

#include "base/log.hpp"
#include "queue/mail_event_source.hpp"
#include "queue_rabbit/rabbit_link.hpp"
#include "queue_rabbit/wake_event.hpp"

namespace postern {

class RabbitEvents final : public MailEventSource {
 public:
  RabbitEvents(RabbitOptions options, Logger& log);

  /// Connects when there is no connection; an Error when that fails, or when the connection broke.
  Result<std::vector<MailStatus>> take(std::size_t max,
                                       std::chrono::steady_clock::time_point deadline) override;
  Status settle() override;
  void wake() override { wake_.raise(); }

 private:
  std::vector<MailStatus> drain(std::size_t max);
  Error lose(const Error& why);

  RabbitLink link_;
  Logger& log_;
  WakeEvent wake_;
  /// The broker's tag of the last one taken; 0: nothing is to be settled.
  std::uint64_t last_tag_ = 0;
};

}  // namespace postern
