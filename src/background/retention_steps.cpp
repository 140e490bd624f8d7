#include "background/retention_steps.hpp"

#include <optional>
#include <utility>

#include "account/unconfirmed_retention.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

constexpr const char* kTooOldFailure = "what is too old could not be removed";

/// How many rows one transaction removed.
Result<std::int64_t> removed_by(Writer& writer,
                                const std::function<Result<std::int64_t>(Store&)>& remove) {
  std::int64_t removed = 0;
  const auto status = writer.run([&](Store& store) -> Status {
    const auto count = remove(store);
    if (!count) return count.error();
    removed = *count;
    return {};
  });
  if (!status) return status.error();
  return removed;
}

}  // namespace

std::vector<RetentionStep> retention_steps(AccountServices& services, const Retention& retention,
                                           Duration unconfirmed) {
  return {audit_step(services.writer, services.clock, retention.audit),
          mail_state_step(services.writer, services.clock, retention.mail_states),
          unconfirmed_step(services, unconfirmed), expired_step(services.writer, services.clock)};
}

RetentionStep audit_step(Writer& writer, const Clock& clock, Duration retention) {
  const auto run_once = [&writer, &clock, retention]() -> Result<bool> {
    const auto removed = removed_by(writer, [&](Store& store) {
      return store.remove_expired_audit(clock.now() - retention, limits::kRetentionBatch);
    });
    if (!removed) return removed.error();
    // Another process may have taken a part of the batch: only nothing is the end.
    return *removed > 0;
  };
  return {.failure = kTooOldFailure,
          .run_once = run_once,
          .period = limits::kRetentionRound,
          .pause = limits::kRetentionPause};
}

RetentionStep mail_state_step(Writer& writer, const Clock& clock, Duration retention) {
  auto run_once = [&writer, &clock, retention, place = MailStatePlace()]() mutable -> Result<bool> {
    const MailStatePlace after = std::exchange(place, {});
    std::optional<MailStatePlace> next;
    const auto status = writer.run([&](Store& store) -> Status {
      auto removed =
          store.remove_expired_mail_states(clock.now() - retention, after, limits::kRetentionBatch);
      if (!removed) return removed.error();
      next = *std::move(removed);
      return {};
    });
    if (!status) return status.error();
    if (next) place = *next;
    return next.has_value();
  };
  return {.failure = kTooOldFailure,
          .run_once = std::move(run_once),
          .period = limits::kRetentionRound,
          .pause = limits::kRetentionPause};
}

RetentionStep unconfirmed_step(AccountServices& services, Duration retention) {
  return {.failure = "unconfirmed accounts could not be deleted",
          .run_once = [walk = UnconfirmedRetention(
                           services, retention)]() mutable { return walk.run_once(); },
          .period = limits::kRetentionRound,
          .pause = limits::kRetentionPause};
}

RetentionStep expired_step(Writer& writer, const Clock& clock) {
  const auto run_once = [&writer, &clock]() -> Result<bool> {
    const TimePoint now = clock.now();
    const ExpiredSessions old{now, now - limits::kLoginThrottleLife, limits::kLoginThrottles,
                              limits::kExpiredBatch};
    const auto removed =
        removed_by(writer, [&](Store& store) { return store.remove_expired_sessions(old); });
    if (!removed) return removed.error();
    return *removed >= limits::kExpiredBatch;
  };
  // Without a pause: rows must not be made faster than they are removed.
  return {.failure = "what has expired could not be removed",
          .run_once = run_once,
          .period = limits::kExpiredRound,
          .first_wait = limits::kExpiredRound};
}

}  // namespace postern
