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
  const std::vector<MessageHeader> delivery{{"x-queue-type", "quorum"},
                                            {"x-max-length", limits::kEventQueueLength}};
  if (auto status = connection.declare_queue(kDeliveryQueue, delivery); !status) return status;
  return connection.bind_queue(kDeliveryQueue, kEventExchange, kMailEventKeys);
}

}  // namespace postern::topology
