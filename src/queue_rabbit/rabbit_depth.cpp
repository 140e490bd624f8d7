#include "queue_rabbit/rabbit_depth.hpp"

#include <utility>

#include "queue/retry_delay.hpp"
#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {

Result<QueueCounts> count_queues(RabbitConnection& connection) {
  const auto mail = connection.size_of(topology::kMailQueue);
  if (!mail) return mail.error();
  const auto bulk = connection.size_of(topology::kBulkQueue);
  if (!bulk) return bulk.error();
  const auto dead = connection.size_of(topology::kDeadQueue);
  if (!dead) return dead.error();
  QueueCounts counts;
  counts.waiting = mail->messages + bulk->messages;
  counts.bulk = bulk->messages;
  counts.workers = mail->consumers;
  counts.dead = dead->messages;
  for (const auto& step : retry_steps()) {
    auto& waiting = counts.retry.emplace_back(0);
    for (const auto priority : {MailPriority::kNormal, MailPriority::kBulk}) {
      const auto retry = connection.size_of(topology::retry_queue(step.name, priority));
      if (!retry) return retry.error();
      waiting += retry->messages;
    }
  }
  return counts;
}

RabbitDepth::RabbitDepth(RabbitOptions options)
    : link_(
          std::move(options), "postern queue depth",
          [](RabbitConnection& connection) { return topology::declare(connection); }, log_) {}

Result<QueueCounts> RabbitDepth::count() {
  const auto lock = link_.lock();
  if (auto opened = link_.open(); !opened) return opened.error();
  auto counts = count_queues(*link_.connection());
  if (!counts) link_.drop(counts.error());
  return counts;
}

}  // namespace postern
