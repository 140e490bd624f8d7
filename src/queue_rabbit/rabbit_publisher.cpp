#include "queue_rabbit/rabbit_publisher.hpp"

#include <algorithm>
#include <utility>

#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {
namespace {

Status set_up_publisher(RabbitConnection& connection) {
  if (auto status = topology::declare(connection); !status) return status;
  return connection.select_confirms();
}

}  // namespace

RabbitPublisher::RabbitPublisher(RabbitOptions options, Logger& log)
    : link_(std::move(options), "postern relay", set_up_publisher, log) {}

Status RabbitPublisher::connect() {
  const auto lock = link_.lock();
  return ready();
}

Status RabbitPublisher::ready() {
  if (auto* connection = link_.connection()) {
    auto alive = connection->read_arrived();
    if (alive && topology_in_doubt_) alive = topology::declare(*connection);
    if (!alive) link_.drop(alive.error());
  }
  auto status = link_.open();
  if (status) topology_in_doubt_ = false;
  return status;
}

Status RabbitPublisher::send(const OutboxRow& row) {
  std::vector<MessageHeader> headers;
  if (!row.traceparent.empty()) headers.push_back({"traceparent", row.traceparent});
  const OutgoingMessage message{.exchange = topology::kMailExchange,
                                .routing_key = topology::kMailKey,
                                .body = row.body,
                                .message_id = row.id,
                                .type = row.kind,
                                .expiration = {},
                                .timestamp_s = to_unix_s(row.created_at),
                                .headers = headers,
                                .mandatory = true};
  return link_.connection()->publish(message);
}

Result<std::vector<bool>> RabbitPublisher::publish(std::span<const OutboxRow> rows) {
  const auto lock = link_.lock();
  if (auto status = ready(); !status) return status.error();
  const auto fail = [this](const Error& why) {
    link_.drop(why);
    return why;
  };
  for (const auto& row : rows) {
    if (auto status = send(row); !status) return fail(status.error());
  }
  const auto deadline = std::chrono::steady_clock::now() + link_.options().confirm_timeout;
  auto confirmed = link_.connection()->finish_window(deadline);
  if (!confirmed) return fail(confirmed.error());
  if (std::find(confirmed->begin(), confirmed->end(), false) != confirmed->end()) {
    topology_in_doubt_ = true;
  }
  return confirmed;
}

}  // namespace postern
