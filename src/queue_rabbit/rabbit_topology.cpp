#include "queue_rabbit/rabbit_topology.hpp"

#include <vector>

#include "base/limits.hpp"
#include "queue/retry_delay.hpp"

namespace postern::topology {
namespace {

/// Dead-lettering that loses nothing: the source keeps a message until the target has confirmed
/// it, which RabbitMQ does only together with reject-publish.
std::vector<MessageHeader> lossless_queue(const std::string& to_exchange, const std::string& key) {
  return {{"x-queue-type", "quorum"},
          {"x-dead-letter-exchange", to_exchange},
          {"x-dead-letter-routing-key", key},
          {"x-dead-letter-strategy", "at-least-once"},
          {"x-overflow", "reject-publish"}};
}

Status declare_queues(RabbitConnection& connection) {
  const std::vector<MessageHeader> dead{{"x-queue-type", "quorum"},
                                        {"x-delivery-limit", limits::kDeadDeliveryLimit}};
  if (auto status = connection.declare_queue(kDeadQueue, dead); !status) return status;

  auto mail = lossless_queue("", kDeadQueue);
  mail.push_back({"x-delivery-limit", std::int64_t{limits::kDeliveryLimit}});
  if (auto status = connection.declare_queue(kMailQueue, mail); !status) return status;

  for (const auto& step : retry_steps()) {
    auto retry = lossless_queue(kMailExchange, kMailKey);
    retry.push_back({"x-message-ttl", std::int64_t{step.delay.count()}});
    if (auto status = connection.declare_queue(retry_queue(step.name), retry); !status) {
      return status;
    }
  }
  return {};
}

/// The exchange has the name of its queue; an event without kToldHeader matches no binding of
/// kUntold and takes its alternate exchange.
Status declare_delivery(RabbitConnection& connection) {
  constexpr const char* kUntold = "postern.delivery.untold";
  constexpr const char* kNowhere = "postern.delivery.told";
  const std::vector<MessageHeader> limit{{"x-queue-type", "quorum"},
                                         {"x-max-length", limits::kEventQueueLength}};
  const std::vector<MessageHeader> otherwise{{"alternate-exchange", kDeliveryQueue}};
  const std::vector<MessageHeader> told{{"x-match", "all"}, {kToldHeader, kTold}};
  auto status = connection.declare_queue(kDeliveryQueue, limit);
  if (status) status = connection.declare_exchange(kDeliveryQueue, "fanout");
  if (status) status = connection.bind_queue(kDeliveryQueue, kDeliveryQueue, "");
  if (status) status = connection.declare_exchange(kNowhere, "fanout");
  if (status) status = connection.declare_exchange(kUntold, "headers", otherwise);
  if (status) status = connection.bind_exchange(kNowhere, kUntold, "", told);
  if (status) status = connection.bind_exchange(kUntold, kEventExchange, kMailEventKeys);
  // The queue itself was bound to them once.
  if (status) status = connection.unbind_queue(kDeliveryQueue, kEventExchange, kMailEventKeys);
  return status;
}

}  // namespace

std::string retry_queue(std::string_view step) {
  return std::string("postern.mail.retry.") + std::string(step);
}

Status declare(RabbitConnection& connection) {
  if (auto status = connection.declare_exchange(kMailExchange, "direct"); !status) return status;
  if (auto status = connection.declare_exchange(kEventExchange, "topic"); !status) return status;
  if (auto status = declare_queues(connection); !status) return status;
  if (auto status = connection.bind_queue(kMailQueue, kMailExchange, kMailKey); !status) {
    return status;
  }
  return declare_delivery(connection);
}

}  // namespace postern::topology
