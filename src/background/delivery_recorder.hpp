// Records the outcomes that workers report: take ─► one transaction ─ commit ─► mail.* events ─►
// ack.
//
// Thread contract: all members may be called from any thread; the work is done on a thread of its
// own. An outcome that was recorded and not acknowledged comes again and changes nothing then.
#pragma once

#include <memory>

#include "base/background_thread.hpp"
#include "base/log.hpp"
#include "queue/outcome_source.hpp"
#include "store/writer.hpp"

namespace postern {

class DeliveryRecorder {
 public:
  /// Starts the thread. The references outlive the recorder.
  DeliveryRecorder(Writer& writer, std::unique_ptr<OutcomeSource> source, Logger& log);
  ~DeliveryRecorder() = default;
  DeliveryRecorder(const DeliveryRecorder&) = delete;
  DeliveryRecorder& operator=(const DeliveryRecorder&) = delete;

  void stop();

  /// Of the outcomes that were recorded and settled here: each once, however often it came.
  OutcomeCounts outcomes() const { return counter_.counts(); }

 private:
  /// Returns how long to wait before the next round.
  BackgroundThread::Time run_once(const std::stop_token& stop);
  /// Tries until they are recorded; false when the recorder stops before.
  bool record(const std::vector<MailStatus>& states, const std::stop_token& stop);

  Writer& writer_;
  std::unique_ptr<OutcomeSource> source_;
  Logger& log_;
  OutcomeCounter counter_;
  BackgroundThread thread_;
};

}  // namespace postern
