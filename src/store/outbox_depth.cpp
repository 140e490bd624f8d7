#include "store/outbox_depth.hpp"

#include <pthread.h>

#include "base/limits.hpp"

namespace postern {

OutboxDepth::OutboxDepth(Writer& writer, std::int64_t limit)
    : writer_(writer), limit_(limit), thread_([this] { loop(); }) {
  pthread_setname_np(thread_.native_handle(), "outbox depth");
}

OutboxDepth::~OutboxDepth() {
  stopping_ = true;
  stop_signal_.notify();
  thread_.join();
}

std::int64_t OutboxDepth::rows() const {
  return counted_ + (writer_.outbox_rows_added() - added_before_);
}

void OutboxDepth::loop() {
  while (!stopping_) {
    const auto seen = stop_signal_.generation();
    std::int64_t rows = 0;
    std::int64_t added = 0;
    const auto status = writer_.run([&](Store& store) -> Status {
      added = writer_.outbox_rows_added();
      const auto counted = store.count_outbox(limit_);
      if (!counted) return counted.error();
      rows = *counted;
      return {};
    });
    if (status) {
      counted_ = rows;
      added_before_ = added;
    }
    // Counting takes a time that grows with the rows: less often when there are many.
    const auto pause =
        rows < limits::kOutboxQuickCount ? limits::kOutboxPoll : limits::kOutboxPoll * 5;
    if (!stopping_) stop_signal_.wait(seen, std::chrono::steady_clock::now() + pause);
  }
}

}  // namespace postern
