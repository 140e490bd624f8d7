#include "queue_rabbit/rabbit_outcomes.hpp"

#include <utility>

#include "base/crash_point.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "queue/event_codec.hpp"
#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {
namespace {

Status set_up_consumer(RabbitConnection& connection) {
  if (auto status = topology::declare_outcomes(connection); !status) return status;
  if (auto status = connection.select_confirms(); !status) return status;
  return connection.consume(topology::kOutcomeQueue, limits::kOutcomePrefetch);
}

}  // namespace

RabbitOutcomes::RabbitOutcomes(RabbitOptions options, const Clock& clock, Logger& log)
    : link_(std::move(options), "postern outcomes", set_up_consumer, log),
      clock_(clock),
      log_(log) {}

Error RabbitOutcomes::lose(const Error& why) {
  last_tag_ = 0;
  link_.drop(why);
  return why;
}

Result<std::vector<MailStatus>> RabbitOutcomes::take(
    std::size_t max, std::chrono::steady_clock::time_point deadline) {
  const auto lock = link_.lock();
  for (;;) {
    if (wake_.take()) return std::vector<MailStatus>();
    if (link_.connection() == nullptr) last_tag_ = 0;
    if (auto opened = link_.open(); !opened) return opened.error();
    if (auto arrived = link_.connection()->read_arrived(); !arrived) return lose(arrived.error());
    auto outcomes = drain(max);
    const auto now = std::chrono::steady_clock::now();
    if (!outcomes.empty() || now >= deadline) return outcomes;
    if (last_tag_ != 0) {
      // Only what is no outcome came.
      if (auto settled = link_.connection()->ack(std::exchange(last_tag_, 0), true); !settled) {
        return lose(settled.error());
      }
    }
    wake_.wait(link_.connection()->socket(), std::min(deadline, now + link_.tend_interval()));
  }
}

std::vector<MailStatus> RabbitOutcomes::drain(std::size_t max) {
  std::vector<MailStatus> outcomes;
  auto& arrived = link_.connection()->deliveries();
  while (!arrived.empty() && outcomes.size() < max) {
    const IncomingMessage message = std::move(arrived.front());
    arrived.pop_front();
    last_tag_ = message.tag;
    for (auto& outcome : decode_outcomes(message.body)) {
      if (outcome) {
        outcomes.push_back(*std::move(outcome));
      } else {
        log_.warn("an outcome was refused", outcome.error());
      }
    }
  }
  return outcomes;
}

Status RabbitOutcomes::publish_events(std::span<const MailStatus> outcomes) {
  PublishWindow window(*link_.connection(), &audience_);
  window.begin_item();
  for (const auto& outcome : outcomes) {
    const auto id = new_id(clock_.now());
    auto published = window.publish_event({id,
                                           std::string(mail_event_type(*outcome.outcome)),
                                           encode_mail_event(outcome, id),
                                           to_unix_s(outcome.changed_at),
                                           {}});
    if (!published) return published;
  }
  if (auto flushed = link_.connection()->flush(); !flushed) return flushed;
  const auto deadline = std::chrono::steady_clock::now() + link_.options().confirm_timeout;
  const auto confirmed = window.finish(deadline);
  if (!confirmed) return confirmed.error();
  if (confirmed->front()) return {};
  return Error{rabbit_error::kNotConfirmed, Retry::kLater, "the broker did not take every event"};
}

Status RabbitOutcomes::settle(std::span<const MailStatus> outcomes) {
  const auto lock = link_.lock();
  const auto tag = std::exchange(last_tag_, 0);
  if (tag == 0) return {};
  if (link_.connection() == nullptr) {
    return Error{rabbit_error::kUnavailable, Retry::kLater, "the connection was lost"};
  }
  auto status = publish_events(outcomes);
  if (status) {
    crash_point("outcomes.before_ack");
    status = link_.connection()->ack(tag, true);
  }
  return status ? status : Status(lose(status.error()));
}

}  // namespace postern
