#include "background/queue_depth.hpp"

#include <utility>

namespace postern {

QueueDepth::QueueDepth(Count count, Logger& log, BackgroundThread::Time interval)
    : count_(std::move(count)),
      thread_(
          {.name = "queue depth",
           .round = [this, interval](const std::stop_token&) -> BackgroundThread::Time {
             auto counted = count_();
             const std::lock_guard lock(mutex_);
             counts_ = counted ? std::optional(*std::move(counted)) : std::nullopt;
             return interval;
           },
           .failed =
               [&log](const Error& error) { log.warn("the queues could not be counted", error); },
           .wait_after_failure = interval}) {}

std::optional<QueueCounts> QueueDepth::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace postern
