// The depth of the outbox, for operations that must refuse before it is too full, and its backlog,
// for operators. Measured by the
// database about once a second; what this process has added since is added.
//
// Thread contract: all members may be called from any thread.
// Other processes' rows are seen with the next count, so that together they may go over the limit
// by what they accept in that time.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/background_thread.hpp"
#include "base/log.hpp"
#include "store/writer.hpp"

namespace postern {

class OutboxDepth {
 public:
  /// Starts to count. The references outlive it.
  OutboxDepth(Writer& writer, std::int64_t limit, Logger& log);
  ~OutboxDepth() = default;
  OutboxDepth(const OutboxDepth&) = delete;
  OutboxDepth& operator=(const OutboxDepth&) = delete;

  /// `more`: what will become rows and is not counted yet.
  bool full(std::int64_t more = 0) const { return rows() + more >= limit_; }
  /// Rows that wait, up to the limit and a little more.
  std::int64_t rows() const { return others_ + writer_.outbox_rows_added(); }
  OutboxBacklog backlog() const;

 private:
  /// Returns how long to wait before the next count.
  BackgroundThread::Time count();

  Writer& writer_;
  const std::int64_t limit_;
  /// The rows counted last, less what this process had added until then: one value, so that a
  /// reader never combines two counts.
  std::atomic<std::int64_t> others_ = 0;
  mutable std::mutex mutex_;
  OutboxBacklog backlog_;
  BackgroundThread thread_;
};

}  // namespace postern
