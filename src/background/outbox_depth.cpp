#include "background/outbox_depth.hpp"

#include "base/limits.hpp"

namespace postern {

OutboxDepth::OutboxDepth(Writer& writer, std::int64_t limit, Logger& log)
    : writer_(writer),
      limit_(limit),
      thread_(
          {.name = "outbox depth",
           .round = [this](const std::stop_token&) { return count(); },
           .failed =
               [&log](const Error& error) { log.warn("the outbox could not be counted", error); },
           .wait_after_failure = limits::kOutboxPoll}) {}

BackgroundThread::Time OutboxDepth::count() {
  std::int64_t rows = 0;
  std::int64_t added = 0;
  OutboxBacklog backlog;
  const auto status = writer_.run([&](Store& store) -> Status {
    added = writer_.outbox_rows_added();
    const auto counted = store.count_outbox(limit_);
    if (!counted) return counted.error();
    rows = *counted;
    auto measured = store.measure_backlog(limit_);
    if (!measured) return measured.error();
    backlog = *measured;
    return {};
  });
  if (status) {
    others_ = rows - added;
    const std::lock_guard lock(mutex_);
    backlog_ = backlog;
  }
  // Counting takes a time that grows with the rows: less often when there are many.
  return rows < limits::kOutboxQuickCount ? limits::kOutboxPoll : limits::kOutboxPoll * 5;
}

OutboxBacklog OutboxDepth::backlog() const {
  const std::lock_guard lock(mutex_);
  return backlog_;
}

}  // namespace postern
