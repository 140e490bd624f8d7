// The outcomes that workers report, from the broker, and the mail.* events that the app makes of
// them. All apps share one queue, so each outcome is recorded and published once.
//
// Thread contract: OutcomeSource's. A thread of its own answers heartbeats between the calls.
// A message that is no outcome is logged and dropped: it can never become one. What could not be
// published comes again, and is recorded again without a change.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "queue/outcome_source.hpp"
#include "queue_rabbit/publish_window.hpp"
#include "queue_rabbit/rabbit_link.hpp"
#include "queue_rabbit/wake_event.hpp"

namespace postern {

class RabbitOutcomes final : public OutcomeSource {
 public:
  RabbitOutcomes(RabbitOptions options, const Clock& clock, Logger& log);

  /// Connects when there is no connection; an Error when that fails, or when the connection broke.
  Result<std::vector<MailStatus>> take(std::size_t max,
                                       std::chrono::steady_clock::time_point deadline) override;
  Status settle(std::span<const MailStatus> outcomes) override;
  void wake() override { wake_.raise(); }

 private:
  std::vector<MailStatus> drain(std::size_t max);
  Status publish_events(std::span<const MailStatus> outcomes);
  Error lose(const Error& why);

  RabbitLink link_;
  const Clock& clock_;
  Logger& log_;
  WakeEvent wake_;
  EventAudience audience_;
  /// The broker's tag of the last message taken; 0: nothing is to be settled.
  std::uint64_t last_tag_ = 0;
};

}  // namespace postern
