#include "queue_rabbit/rabbit_publisher.hpp"

#include <algorithm>
#include <utility>

#include "base/crash_point.hpp"
#include "base/limits.hpp"
#include "queue_rabbit/rabbit_headers.hpp"
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
    auto arrived = connection->read_arrived();
    if (arrived && topology_in_doubt_) arrived = topology::declare(*connection);
    if (!arrived) link_.drop(arrived.error());
  }
  auto status = link_.open();
  if (status) topology_in_doubt_ = false;
  return status;
}

Status RabbitPublisher::send(const OutboxRow& row, PublishWindow& window) {
  window.begin_item();
  std::vector<MessageHeader> headers;
  if (!row.traceparent.empty()) headers.push_back({"traceparent", row.traceparent});
  const auto timestamp_s = to_unix_s(row.created_at);
  if (!row.body.empty()) {
    auto status = window.publish({.exchange = topology::kMailExchange,
                                  .routing_key = topology::mail_key(row.priority),
                                  .body = row.body,
                                  .message_id = row.id,
                                  .type = row.kind,
                                  .expiration = {},
                                  .timestamp_s = timestamp_s,
                                  .headers = headers,
                                  .mandatory = true,
                                  .priority = amqp_priority(row.priority)});
    if (!status) return status;
  }
  if (row.event.empty()) return {};
  return window.publish_event({row.id, row.event_type, row.event, timestamp_s, std::move(headers)});
}

Result<std::vector<bool>> RabbitPublisher::publish(std::span<const OutboxRow> rows) {
  const auto lock = link_.lock();
  if (auto status = ready(); !status) return status.error();
  const auto fail = [this](const Error& why) {
    link_.drop(why);
    return why;
  };
  PublishWindow window(*link_.connection(), &audience_);
  for (const auto& row : rows) {
    if (auto sent = send(row, window); !sent) return fail(sent.error());
  }
  if (auto flushed = link_.connection()->flush(); !flushed) return fail(flushed.error());
  crash_point("relay.before_confirm");
  const auto deadline = std::chrono::steady_clock::now() + link_.options().confirm_timeout;
  auto confirmed = window.finish(deadline);
  if (!confirmed) return fail(confirmed.error());
  const bool refused = std::find(confirmed->begin(), confirmed->end(), false) != confirmed->end();
  refusals_ = refused ? refusals_ + 1 : 0;
  if (refused) topology_in_doubt_ = true;
  // A channel whose publications were refused does not learn that a policy has made room since.
  if (refusals_ == limits::kRefusalsOnOneChannel) {
    refusals_ = 0;
    link_.drop(
        {rabbit_error::kNotConfirmed, Retry::kLater, "the broker refuses what is published"});
  }
  return confirmed;
}

}  // namespace postern
