#include "queue_rabbit/rabbit_events.hpp"

#include <utility>

#include "base/limits.hpp"
#include "queue/event_codec.hpp"
#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {
namespace {

Status set_up_consumer(RabbitConnection& connection) {
  if (auto status = topology::declare_delivery(connection); !status) return status;
  return connection.consume(topology::kDeliveryQueue, limits::kEventPrefetch);
}

}  // namespace

RabbitEvents::RabbitEvents(RabbitOptions options, Logger& log)
    : link_(std::move(options), "postern delivery", set_up_consumer, log), log_(log) {}

Error RabbitEvents::lose(const Error& why) {
  last_tag_ = 0;
  link_.drop(why);
  return why;
}

Result<std::vector<MailStatus>> RabbitEvents::take(std::size_t max,
                                                   std::chrono::steady_clock::time_point deadline) {
  const auto lock = link_.lock();
  for (;;) {
    if (wake_.take()) return std::vector<MailStatus>();
    if (link_.connection() == nullptr) last_tag_ = 0;
    if (auto opened = link_.open(); !opened) return opened.error();
    if (auto alive = link_.connection()->read_arrived(); !alive) return lose(alive.error());
    auto events = drain(max);
    const auto now = std::chrono::steady_clock::now();
    if (!events.empty() || now >= deadline) return events;
    if (last_tag_ != 0) {
      // Only what is no event came.
      if (auto settled = link_.connection()->ack(std::exchange(last_tag_, 0), true); !settled) {
        return lose(settled.error());
      }
    }
    wake_.wait(link_.connection()->socket(), std::min(deadline, now + link_.tend_interval()));
  }
}

std::vector<MailStatus> RabbitEvents::drain(std::size_t max) {
  std::vector<MailStatus> events;
  auto& arrived = link_.connection()->deliveries();
  while (!arrived.empty() && events.size() < max) {
    const IncomingMessage message = std::move(arrived.front());
    arrived.pop_front();
    last_tag_ = message.tag;
    for (auto& event : decode_mail_events(message.body)) {
      if (event) {
        events.push_back(*std::move(event));
      } else {
        log_.warn("an event was refused", event.error());
      }
    }
  }
  return events;
}

Status RabbitEvents::settle() {
  const auto lock = link_.lock();
  const auto tag = std::exchange(last_tag_, 0);
  if (tag == 0) return {};
  if (link_.connection() == nullptr) {
    return Error{rabbit_error::kUnavailable, Retry::kLater, "the connection was lost"};
  }
  auto status = link_.connection()->ack(tag, true);
  return status ? status : Status(lose(status.error()));
}

}  // namespace postern
