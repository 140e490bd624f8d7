#include "background/delivery_recorder.hpp"

#include <map>
#include <string>
#include <utility>

#include "base/crash_point.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// One entry for each email: its latest outcome, and "sent" is always the last.
std::vector<MailStatus> latest_of(const std::vector<MailStatus>& outcomes) {
  std::map<std::pair<std::string_view, std::string_view>, const MailStatus*> by_mail;
  for (const auto& outcome : outcomes) {
    const MailStatus*& latest = by_mail[{outcome.account_id, outcome.mail_id}];
    const bool newer =
        !latest ||
        (latest->outcome != DeliveryOutcome::kSent &&
         (outcome.outcome == DeliveryOutcome::kSent || outcome.changed_at >= latest->changed_at));
    if (newer) latest = &outcome;
  }
  std::vector<MailStatus> states;
  states.reserve(by_mail.size());
  for (const auto& [mail, latest] : by_mail) states.push_back(*latest);
  return states;
}

}  // namespace

DeliveryRecorder::DeliveryRecorder(Writer& writer, std::unique_ptr<OutcomeSource> source,
                                   Logger& log)
    : writer_(writer),
      source_(std::move(source)),
      log_(log),
      thread_({.name = "delivery",
               .round = [this](const std::stop_token& stop) { return run_once(stop); },
               .failed = [this](const Error& error) { log_.warn("recording broke off", error); },
               .wait_after_failure = limits::kOutboxPoll}) {}

void DeliveryRecorder::stop() { thread_.stop(); }

BackgroundThread::Time DeliveryRecorder::run_once(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [&] { source_->wake(); });
  const auto outcomes =
      source_->take(limits::kOutcomeBatch, SteadyClock::now() + limits::kOutcomeWait);
  // The outbox relay has reported the broker's absence already.
  if (!outcomes) return limits::kOutboxPoll;
  if (outcomes->empty()) return {};
  if (!record(latest_of(*outcomes), stop)) return {};
  crash_point("delivery.after_record");
  if (const auto settled = source_->settle(*outcomes); !settled) {
    log_.warn("outcomes will come again", settled.error());
    // A consumer's queue that refuses their events does so for a while.
    return limits::kOutboxPoll;
  }
  for (const auto& outcome : *outcomes) counter_.count(*outcome.outcome);
  const auto number = outcomes->size();
  // Under load a moment's wait makes one transaction of what would have been ten.
  if (number >= limits::kRelayBusy && number < limits::kOutcomeBatch) return limits::kOutcomeGather;
  return {};
}

bool DeliveryRecorder::record(const std::vector<MailStatus>& states, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto status = writer_.run([&](Store& store) { return store.write_mail_states(states); });
    if (status) return true;
    // Data that the database refuses once, it refuses again.
    if (status.error().retry == Retry::kNever) {
      log_.warn("outcomes of emails could not be recorded", status.error());
      return true;
    }
    (void)pause(stop, limits::kOutboxPoll);
  }
  return false;
}

}  // namespace postern
