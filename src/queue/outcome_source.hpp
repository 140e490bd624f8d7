// The outcomes that workers report, as the app sees them: take, record, settle.
//
// Thread contract: belongs to one thread. wake() alone may be called from any thread.
// At least once: what was taken and not settled comes again.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/delivery_outcome.hpp"

namespace postern {

class OutcomeSource {
 public:
  virtual ~OutcomeSource() = default;

  /// Outcomes as soon as there is one; empty at the deadline or after wake(). No batch is split:
  /// the last one may lead beyond `max`.
  virtual Result<std::vector<MailStatus>> take(std::size_t max,
                                               std::chrono::steady_clock::time_point deadline) = 0;
  /// All that was taken is recorded: publishes an event of each, then acknowledges.
  virtual Status settle(std::span<const MailStatus> outcomes) = 0;
  /// Ends a take() that waits.
  virtual void wake() = 0;
};

}  // namespace postern
