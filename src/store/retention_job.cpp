#include "store/retention_job.hpp"

#include <pthread.h>

#include "base/barrier.hpp"
#include "base/limits.hpp"

namespace postern {

RetentionJob::RetentionJob(Writer& writer, const Clock& clock, Retention retention, Logger& log)
    : writer_(writer), clock_(clock), retention_(retention), log_(log), thread_([this] {
        loop();
      }) {
  pthread_setname_np(thread_.native_handle(), "retention");
}

RetentionJob::~RetentionJob() {
  stopping_ = true;
  stop_signal_.notify();
  thread_.join();
}

void RetentionJob::loop() {
  do {
    const auto pruned = guarded([&]() -> Status {
      if (auto audit = prune_audit(); !audit) return audit;
      return prune_mail_states();
    });
    if (!pruned && !stopping_) log_.warn("what is too old could not be removed", pruned.error());
  } while (pause(limits::kPruneRound));
}

Status RetentionJob::prune_audit() {
  std::int64_t removed = 0;
  do {
    const TimePoint before = clock_.now() - retention_.audit;
    const auto status = writer_.run([&](Store& store) -> Status {
      const auto pruned = store.prune_audit(before, limits::kPruneBatch);
      if (!pruned) return pruned.error();
      removed = *pruned;
      return {};
    });
    if (!status) return status;
    // Another process may have taken a part of the batch: only nothing is the end.
  } while (removed > 0 && pause(limits::kPrunePause));
  return {};
}

Status RetentionJob::prune_mail_states() {
  std::optional<MailStatePlace> place = MailStatePlace();
  do {
    const TimePoint before = clock_.now() - retention_.mail_states;
    const auto status = writer_.run([&](Store& store) -> Status {
      auto next = store.prune_mail_states(before, *place, limits::kPruneBatch);
      if (!next) return next.error();
      place = *std::move(next);
      return {};
    });
    if (!status) return status;
  } while (place && pause(limits::kPrunePause));
  return {};
}

bool RetentionJob::pause(std::chrono::steady_clock::duration time) {
  const auto seen = stop_signal_.generation();
  if (!stopping_) stop_signal_.wait(seen, std::chrono::steady_clock::now() + time);
  return !stopping_;
}

}  // namespace postern
