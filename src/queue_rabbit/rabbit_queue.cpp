#include "queue_rabbit/rabbit_queue.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/crash_point.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "queue/event_codec.hpp"
#include "queue/retry_delay.hpp"
#include "queue_rabbit/rabbit_headers.hpp"
#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {
namespace {

constexpr std::int64_t kMaxAttempts = 1000;
constexpr auto kMail = RabbitConnection::Consumer::kFirst;
constexpr auto kBulk = RabbitConnection::Consumer::kSecond;

int count_header(const IncomingMessage& message, std::string_view name) {
  const auto count = number_header(message, name).value_or(0);
  return static_cast<int>(std::clamp<std::int64_t>(count, 0, kMaxAttempts));
}

/// A broker under a resource alarm accepts connections, delivers, and takes no publications: what
/// is delivered then would be mailed and could not be settled. So a connection proves first that it
/// can publish. The message reaches no queue.
Status prove_publishing(RabbitConnection& connection) {
  const OutgoingMessage probe{.exchange = "",
                              .routing_key = "postern.probe",
                              .body = "probe",
                              .message_id = "probe",
                              .type = "probe",
                              .expiration = {},
                              .headers = {}};
  if (auto status = connection.publish(probe); !status) return status;
  const auto confirmed =
      connection.finish_window(std::chrono::steady_clock::now() + limits::kBrokerConnectTimeout);
  return confirmed ? Status() : Status(confirmed.error());
}

RabbitLink::SetUp set_up_consumer(std::uint16_t prefetch) {
  return [prefetch](RabbitConnection& connection) -> Status {
    if (auto status = topology::declare(connection); !status) return status;
    if (auto status = connection.select_confirms(); !status) return status;
    if (auto status = prove_publishing(connection); !status) return status;
    auto status = connection.consume(topology::kMailQueue, prefetch, kMail);
    return status ? connection.consume(topology::kBulkQueue, prefetch, kBulk) : status;
  };
}

}  // namespace

RabbitQueue::RabbitQueue(RabbitQueueOptions options, const Clock& clock, Logger& log)
    : link_(std::move(options.broker), "postern worker", set_up_consumer(options.prefetch), log),
      clock_(clock),
      log_(log),
      random_(std::random_device{}()) {}

void RabbitQueue::forget_taken() {
  lost_taken_ = lost_taken_ || !taken_.empty();
  taken_.clear();
}

Error RabbitQueue::lose(const Error& why) {
  forget_taken();
  link_.drop(why);
  return why;
}

Status RabbitQueue::ready() {
  if (link_.connection() == nullptr) {
    forget_taken();
    if (auto status = link_.open(); !status) return status;
    reconnect_delay_ = limits::kReconnectMin;
  }
  // Also after opening: the first deliveries come right behind the answer to consume, and what the
  // library holds already wakes no thread that waits for the socket.
  auto arrived = link_.connection()->read_arrived();
  return arrived ? arrived : Status(lose(arrived.error()));
}

bool RabbitQueue::wait_for_retry(Deadline deadline) {
  const auto retry_at = std::chrono::steady_clock::now() + reconnect_delay_;
  reconnect_delay_ =
      std::min<std::chrono::milliseconds>(reconnect_delay_ * 2, limits::kReconnectMax);
  wake_.wait(-1, std::min(retry_at, deadline));
  return retry_at < deadline;
}

Result<std::vector<Delivery>> RabbitQueue::take(TakeRoom room, Deadline deadline) {
  const auto lock = link_.lock();
  for (;;) {
    if (wake_.take()) return std::vector<Delivery>();
    const auto status = ready();
    if (std::exchange(lost_taken_, false)) {
      return Error{rabbit_error::kUnavailable, Retry::kLater,
                   "the connection was lost, what was taken over it comes again"};
    }
    if (!status) {
      if (!wait_for_retry(deadline)) return status.error();
      continue;
    }
    // Nothing is begun while the broker would not hear how it ended.
    if (!link_.connection()->is_blocked()) {
      auto drained = drain(room);
      if (!drained) lose(drained.error());
      if (!drained || !drained->empty()) return drained;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return std::vector<Delivery>();
    wake_.wait(link_.connection()->socket(), std::min(deadline, now + link_.tend_interval()));
  }
}

Result<std::vector<Delivery>> RabbitQueue::drain(TakeRoom room) {
  std::vector<Delivery> drained;
  const bool bulk_first = claim_order_.next().front() == MailPriority::kBulk;
  for (const auto consumer : {bulk_first ? kBulk : kMail, bulk_first ? kMail : kBulk}) {
    const auto most = consumer == kBulk ? room.any : room.any + room.urgent;
    if (auto status = drain(consumer, most, drained); !status) return status.error();
  }
  return drained;
}

Status RabbitQueue::drain(Consumer consumer, std::size_t most, std::vector<Delivery>& drained) {
  auto& arrived = link_.connection()->deliveries(consumer);
  while (!arrived.empty() && drained.size() < most) {
    IncomingMessage message = std::move(arrived.front());
    arrived.pop_front();
    if (message.oversized) {
      log_.warn("job too large, dead letter", {{"message_id", message.message_id}});
      if (auto status = link_.connection()->reject(message.tag, consumer); !status) return status;
      continue;
    }
    const int attempts = count_header(message, kAttemptHeader);
    const int unknown = count_header(message, kUnknownHeader);
    const auto priority = consumer == kBulk
                              ? MailPriority::kBulk
                              : std::min(mail_priority(message), MailPriority::kNormal);
    drained.push_back({.tag = next_tag_,
                       .body = message.body,
                       .attempts = attempts,
                       .unknown_outcomes = unknown,
                       .priority = priority});
    taken_.emplace_hint(taken_.end(), next_tag_++,
                        Taken{std::move(message), consumer, attempts, unknown});
  }
  return {};
}

MailStatus RabbitQueue::report_of(const Settled& settled, const Taken& taken,
                                  std::chrono::milliseconds delay) {
  const TimePoint now = clock_.now();
  auto report = to_mail_status(settled, now, now + delay);
  report.attempt = taken.attempts + (settled.counts ? 1 : 0);
  return report;
}

Status RabbitQueue::report(std::span<const MailStatus> outcomes, PublishWindow& window) {
  const TimePoint now = clock_.now();
  for (const auto& batch : encode_outcomes(outcomes)) {
    auto published = window.publish({.exchange = "",
                                     .routing_key = topology::kOutcomeQueue,
                                     .body = batch,
                                     .message_id = new_id(now),
                                     .type = "mail.outcomes",
                                     .expiration = {},
                                     .timestamp_s = to_unix_s(now),
                                     .headers = {},
                                     .mandatory = true});
    if (!published) return published;
  }
  return {};
}

std::chrono::milliseconds RabbitQueue::delay_after(const Settled& settled, const Taken& taken) {
  // The queue's own TTL is the longest a job stays there, so the jitter shortens, twice as much.
  const int spread = -static_cast<int>(random_() % 201);
  return retry_delay(settled.retry_after, taken.attempts, spread);
}

Status RabbitQueue::publish_copy(const Settled& settled, const Taken& taken,
                                 std::chrono::milliseconds delay, PublishWindow& window) {
  const auto& original = taken.message;
  auto headers = own_headers(original);
  headers.push_back({kAttemptHeader, std::int64_t{taken.attempts} + (settled.counts ? 1 : 0)});
  const bool unknown = settled.retry_after == RetryAfter::kUnknownPause;
  if (const int outcomes = taken.unknown_outcomes + (unknown ? 1 : 0); outcomes > 0)
    headers.push_back({kUnknownHeader, std::int64_t{outcomes}});
  std::string queue = topology::kDeadQueue;
  std::string expiration;
  if (settled.outcome == DeliveryOutcome::kFailed) {
    headers.push_back({kReasonHeader, settled.reason.substr(0, limits::kReasonBytes)});
    headers.push_back({kDiedAtHeader, to_unix_ms(clock_.now())});
  } else if (settled.retry_after == RetryAfter::kAtOnce) {
    queue = taken.consumer == kBulk ? topology::kBulkQueue : topology::kMailQueue;
  } else {
    const bool bulk = taken.consumer == kBulk;
    queue = topology::retry_queue(retry_step(settled.retry_after, taken.attempts).name,
                                  bulk ? MailPriority::kBulk : MailPriority::kNormal);
    expiration = std::to_string(delay.count());
  }
  return window.publish({.exchange = "",
                         .routing_key = queue,
                         .body = original.body,
                         .content_type = original.content_type,
                         .message_id = original.message_id,
                         .type = original.type,
                         .app_id = original.app_id,
                         .expiration = expiration,
                         .timestamp_s = original.timestamp_s,
                         .headers = headers,
                         .mandatory = true,
                         .priority = original.priority});
}

Result<std::vector<std::uint64_t>> RabbitQueue::publish_outcomes(std::span<const Settled> settled,
                                                                 PublishWindow& window) {
  std::vector<std::uint64_t> tags;
  std::vector<MailStatus> outcomes;
  for (const auto& outcome : settled) {
    const auto taken = taken_.find(outcome.tag);
    if (taken == taken_.end() || std::exchange(taken->second.settling, true)) continue;
    window.begin_item();
    tags.push_back(outcome.tag);
    const auto delay = delay_after(outcome, taken->second);
    if (!outcome.mail_id.empty()) outcomes.push_back(report_of(outcome, taken->second, delay));
    if (outcome.outcome != DeliveryOutcome::kSent) {
      auto status = publish_copy(outcome, taken->second, delay, window);
      if (!status) return status.error();
    }
  }
  window.begin_item();
  if (auto status = report(outcomes, window); !status) return status.error();
  return tags;
}

Status RabbitQueue::ack(const std::vector<std::uint64_t>& tags) {
  std::array<std::vector<std::uint64_t>, 2> done;
  for (const auto tag : tags) {
    const auto taken = taken_.extract(tag);
    done.at(static_cast<std::size_t>(taken.mapped().consumer))
        .push_back(taken.mapped().message.tag);
  }
  for (const auto consumer : {kMail, kBulk}) {
    auto status = ack(consumer, done.at(static_cast<std::size_t>(consumer)));
    if (!status) return status;
  }
  return {};
}

Status RabbitQueue::ack(Consumer consumer, std::vector<std::uint64_t>& done) {
  // Deliveries are numbered in the order in which they came: below the first one that is still in
  // flight one ack stands for all.
  std::sort(done.begin(), done.end());
  const auto first = std::find_if(taken_.begin(), taken_.end(), [&](const auto& taken) {
    return taken.second.consumer == consumer;
  });
  auto rest = done.end();
  if (first != taken_.end()) {
    rest = std::lower_bound(done.begin(), done.end(), first->second.message.tag);
  }
  auto* connection = link_.connection();
  if (rest != done.begin()) {
    if (auto status = connection->ack(*std::prev(rest), true, consumer); !status) return status;
  }
  for (; rest != done.end(); ++rest) {
    if (auto status = connection->ack(*rest, false, consumer); !status) return status;
  }
  return {};
}

Status RabbitQueue::settle(std::span<const Settled> settled) {
  const auto lock = link_.lock();
  const Error lost{rabbit_error::kUnavailable, Retry::kLater,
                   "the connection of a delivery was lost before it was settled"};
  if (link_.connection() == nullptr) return lose(lost);

  PublishWindow window(*link_.connection());
  const auto tags = publish_outcomes(settled, window);
  if (!tags) return lose(tags.error());
  if (auto flushed = link_.connection()->flush(); !flushed) return lose(flushed.error());
  crash_point("queue.before_confirm");
  const auto deadline = std::chrono::steady_clock::now() + link_.options().confirm_timeout;
  const auto confirmed = window.finish(deadline);
  if (!confirmed) return lose(confirmed.error());
  crash_point("queue.before_ack");
  const Error refused{rabbit_error::kNotConfirmed, Retry::kLater,
                      "the broker did not take all that follows from a delivery"};
  if (!confirmed->back()) return lose(refused);
  std::vector<std::uint64_t> taken;
  for (std::size_t i = 0; i < tags->size(); ++i) {
    if ((*confirmed)[i]) taken.push_back((*tags)[i]);
  }
  if (auto acked = ack(taken); !acked) return lose(acked.error());
  if (taken.size() < tags->size()) return lose(refused);
  return tags->size() == settled.size() ? Status() : Status(lost);
}

}  // namespace postern
