// The depth of the outbox, for operations that must refuse before it is too full. Counted by the
// database about once a second; what this process has added since is added.
//
// Thread contract: all members may be called from any thread.
// Other processes' rows are seen with the next count, so that together they may go over the limit
// by what they accept in that time.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "base/signal.hpp"
#include "store/writer.hpp"

namespace postern {

class OutboxDepth {
 public:
  /// Starts to count. `writer` outlives it.
  OutboxDepth(Writer& writer, std::int64_t limit);
  ~OutboxDepth();
  OutboxDepth(const OutboxDepth&) = delete;
  OutboxDepth& operator=(const OutboxDepth&) = delete;

  /// `more`: what will become rows and is not counted yet.
  bool full(std::int64_t more = 0) const { return rows() + more >= limit_; }
  /// Rows that wait, up to the limit and a little more.
  std::int64_t rows() const;

 private:
  void loop();

  Writer& writer_;
  const std::int64_t limit_;
  std::atomic<std::int64_t> counted_ = 0;
  /// The rows that this process had added at the time of the count.
  std::atomic<std::int64_t> added_before_ = 0;
  std::atomic<bool> stopping_ = false;
  Signal stop_signal_;
  std::thread thread_;
};

}  // namespace postern
