// The depth of the broker's queues for the metrics, counted at regular intervals.
//
// Thread contract: all members may be called from any thread.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "base/background_thread.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "queue/queue_counts.hpp"

namespace postern {

class QueueDepth {
 public:
  using Count = std::function<Result<QueueCounts>()>;

  /// Starts to count; `count` runs on a thread of its own. `log` outlives it.
  QueueDepth(Count count, Logger& log,
             BackgroundThread::Time interval = limits::kQueueDepthInterval);

  /// Nothing before the first count, and while the broker is unavailable.
  std::optional<QueueCounts> counts() const;

 private:
  const Count count_;
  mutable std::mutex mutex_;
  std::optional<QueueCounts> counts_;
  BackgroundThread thread_;
};

}  // namespace postern
