#include "relay/delivery_recorder.hpp"

#include <pthread.h>

#include <map>
#include <string>
#include <utility>

#include "base/barrier.hpp"
#include "base/crash_point.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// One entry an email: its last word, and "sent" is always the last.
std::vector<MailStatus> last_words(std::vector<MailStatus> events) {
  std::map<std::pair<std::string, std::string>, MailStatus> by_mail;
  for (auto& event : events) {
    auto key = std::pair(event.account_id, event.mail_id);
    auto& last = by_mail[std::move(key)];
    const bool first = last.mail_id.empty();
    const bool newer = last.state != MailState::kSent &&
                       (event.state == MailState::kSent || event.changed_at >= last.changed_at);
    if (first || newer) last = std::move(event);
  }
  std::vector<MailStatus> words;
  words.reserve(by_mail.size());
  for (auto& [key, word] : by_mail) words.push_back(std::move(word));
  return words;
}

}  // namespace

DeliveryRecorder::DeliveryRecorder(Writer& writer, std::unique_ptr<MailEventSource> events,
                                   Logger& log)
    : writer_(writer), events_(std::move(events)), log_(log), thread_([this] { loop(); }) {
  pthread_setname_np(thread_.native_handle(), "delivery");
}

DeliveryRecorder::~DeliveryRecorder() { stop(); }

void DeliveryRecorder::stop() {
  stopping_ = true;
  stop_signal_.notify();
  events_->wake();
  if (thread_.joinable()) thread_.join();
}

void DeliveryRecorder::loop() {
  while (!stopping_) {
    if (const auto turn = guarded([&] { take_turn(); }); !turn) {
      log_.warn("recording broke off", turn.error());
      pause(limits::kOutboxPoll);
    }
  }
}

void DeliveryRecorder::take_turn() {
  auto events = events_->take(limits::kEventBatch, SteadyClock::now() + limits::kEventWait);
  // The relay has told of the broker's absence already.
  if (!events) return pause(limits::kOutboxPoll);
  if (events->empty()) return;
  const auto number = events->size();
  count(*events);
  if (!note(last_words(*std::move(events)))) return;
  crash_point("delivery.after_note");
  if (const auto settled = events_->settle(); !settled) {
    log_.warn("events will come again", settled.error());
  }
  // Under load a moment's wait makes one transaction of what would have been ten.
  if (number >= limits::kRelayBusy && number < limits::kEventBatch) pause(limits::kEventGather);
}

bool DeliveryRecorder::note(const std::vector<MailStatus>& states) {
  while (!stopping_) {
    const auto status = writer_.run([&](Store& store) { return store.write_mail_states(states); });
    if (status) return true;
    // What the database refuses as data it will refuse again.
    if (status.error().retry == Retry::kNever) {
      log_.warn("states of emails could not be noted", status.error());
      return true;
    }
    pause(limits::kOutboxPoll);
  }
  return false;
}

void DeliveryRecorder::count(const std::vector<MailStatus>& events) {
  for (const auto& event : events) {
    sent_ += event.state == MailState::kSent ? 1 : 0;
    deferred_ += event.state == MailState::kDeferred ? 1 : 0;
    failed_ += event.state == MailState::kFailed ? 1 : 0;
  }
}

void DeliveryRecorder::pause(SteadyClock::duration time) {
  const auto seen = stop_signal_.generation();
  if (!stopping_) stop_signal_.wait(seen, SteadyClock::now() + time);
}

}  // namespace postern
