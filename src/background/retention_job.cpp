#include "background/retention_job.hpp"

#include <algorithm>
#include <utility>

#include "base/barrier.hpp"
#include "base/limits.hpp"

namespace postern {

using SteadyClock = std::chrono::steady_clock;

RetentionJob::RetentionJob(std::vector<RetentionStep> steps, Logger& log)
    : steps_(schedule(std::move(steps))),
      log_(log),
      thread_({.name = "retention",
               .round = [this](const std::stop_token& stop) { return run_due(stop); },
               .failed = [this](const Error& error) { log_.warn("retention broke off", error); },
               .wait_after_failure = limits::kRetentionRound}) {}

std::vector<RetentionJob::Scheduled> RetentionJob::schedule(std::vector<RetentionStep> steps) {
  std::vector<Scheduled> scheduled;
  for (auto& step : steps) {
    const auto due = SteadyClock::now() + step.first_wait;
    scheduled.push_back({std::move(step), due});
  }
  return scheduled;
}

BackgroundThread::Time RetentionJob::run_due(const std::stop_token& stop) {
  auto next = SteadyClock::now() + limits::kRetentionRound;
  for (auto& [step, due] : steps_) {
    if (stop.stop_requested()) return {};
    if (due <= SteadyClock::now()) due = SteadyClock::now() + run(step, stop);
    next = std::min(next, due);
  }
  return next - SteadyClock::now();
}

BackgroundThread::Time RetentionJob::run(const RetentionStep& step, const std::stop_token& stop) {
  const auto more = guarded([&] { return step.run_once(); });
  if (more) return *more ? step.pause : step.period;
  if (!stop.stop_requested()) log_.warn(step.failure, more.error());
  return step.period;
}

}  // namespace postern
