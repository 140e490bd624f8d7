#include "queue_rabbit/rabbit_publisher.hpp"

#include <algorithm>
#include <utility>

#include "base/crash_point.hpp"
#include "base/limits.hpp"
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

Result<std::size_t> RabbitPublisher::send(const OutboxRow& row) {
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
  if (!row.body.empty()) {
    if (auto status = link_.connection()->publish(message); !status) return status.error();
  }
  if (row.event.empty()) return std::size_t{1};
  // Nobody has to listen to events: not mandatory.
  const OutgoingMessage event{.exchange = topology::kEventExchange,
                              .routing_key = row.event_type,
                              .body = row.event,
                              .message_id = row.id,
                              .type = row.event_type,
                              .expiration = {},
                              .timestamp_s = to_unix_s(row.created_at),
                              .headers = headers};
  if (auto status = link_.connection()->publish(event); !status) return status.error();
  return row.body.empty() ? std::size_t{1} : std::size_t{2};
}

Result<std::vector<bool>> RabbitPublisher::publish(std::span<const OutboxRow> rows) {
  const auto lock = link_.lock();
  if (auto status = ready(); !status) return status.error();
  const auto fail = [this](const Error& why) {
    link_.drop(why);
    return why;
  };
  std::vector<std::size_t> publications;
  publications.reserve(rows.size());
  for (const auto& row : rows) {
    const auto sent = send(row);
    if (!sent) return fail(sent.error());
    publications.push_back(*sent);
  }
  if (auto flushed = link_.connection()->flush(); !flushed) return fail(flushed.error());
  crash_point("relay.before_confirm");
  const auto deadline = std::chrono::steady_clock::now() + link_.options().confirm_timeout;
  auto confirmed = link_.connection()->finish_window(deadline);
  if (!confirmed) return fail(confirmed.error());
  const bool refused = std::find(confirmed->begin(), confirmed->end(), false) != confirmed->end();
  refusals_ = refused ? refusals_ + 1 : 0;
  if (refused) topology_in_doubt_ = true;
  // A channel that was told "full" is not told that a policy has made room since.
  if (refusals_ == limits::kRefusalsOnOneChannel) {
    refusals_ = 0;
    link_.drop(
        {rabbit_error::kNotConfirmed, Retry::kLater, "the broker refuses what is published"});
  }
  std::vector<bool> whole;
  whole.reserve(rows.size());
  for (auto at = confirmed->begin(); const auto count : publications) {
    const auto end = at + static_cast<std::ptrdiff_t>(count);
    whole.push_back(std::find(at, end, false) == end);
    at = end;
  }
  return whole;
}

}  // namespace postern
