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

/// A queue of jobs, bound, and the queues in which its jobs wait for their next try: each returns
/// to where its jobs came from.
Status declare_mail(RabbitConnection& connection, MailPriority priority) {
  const std::string key(mail_key(priority));
  const std::string queue = priority == MailPriority::kBulk ? kBulkQueue : kMailQueue;
  auto mail = lossless_queue("", kDeadQueue);
  mail.push_back({"x-delivery-limit", std::int64_t{limits::kDeliveryLimit}});
  if (auto status = connection.declare_queue(queue, mail); !status) return status;
  for (const auto& step : retry_steps()) {
    auto retry = lossless_queue(kMailExchange, key);
    retry.push_back({"x-message-ttl", std::int64_t{step.delay.count()}});
    const auto name = retry_queue(step.name, priority);
    if (auto status = connection.declare_queue(name, retry); !status) return status;
  }
  return connection.bind_queue(queue, kMailExchange, key);
}

Status declare_queues(RabbitConnection& connection) {
  const std::vector<MessageHeader> dead{{"x-queue-type", "quorum"},
                                        {"x-delivery-limit", limits::kDeadDeliveryLimit}};
  if (auto status = connection.declare_queue(kDeadQueue, dead); !status) return status;

  for (const auto priority : {MailPriority::kNormal, MailPriority::kBulk}) {
    if (auto status = declare_mail(connection, priority); !status) return status;
  }
  return {};
}

}  // namespace

std::string_view mail_key(MailPriority priority) {
  return priority == MailPriority::kBulk ? kBulkKey : kMailKey;
}

std::string retry_queue(std::string_view step, MailPriority priority) {
  const std::string queue = priority == MailPriority::kBulk ? kBulkQueue : kMailQueue;
  return queue + ".retry." + std::string(step);
}

Status declare_outcomes(RabbitConnection& connection) {
  const std::vector<MessageHeader> limit{{"x-queue-type", "quorum"},
                                         {"x-max-length", limits::kOutcomeQueueLength}};
  const auto status = connection.declare_exchange(kEventExchange, "topic");
  return status ? connection.declare_queue(kOutcomeQueue, limit) : status;
}

Status declare(RabbitConnection& connection) {
  if (auto status = connection.declare_exchange(kMailExchange, "direct"); !status) return status;
  if (auto status = declare_queues(connection); !status) return status;
  return declare_outcomes(connection);
}

}  // namespace postern::topology
