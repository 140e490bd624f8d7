#include "queue_rabbit/publish_window.hpp"

#include <utility>

#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {

bool EventAudience::listens(std::string_view type) const {
  const auto found = listens_.find(type);
  return found == listens_.end() || found->second;
}

Status PublishWindow::publish(const OutgoingMessage& message) {
  sent_.push_back({items_ - 1, {}});
  return connection_.publish(message);
}

Status PublishWindow::publish_event(OutgoingEvent event) {
  const bool asks = asked_.insert(event.type).second;
  if (asks || audience_->listens(event.type)) return send_event(items_ - 1, event, asks);
  held_.push_back({items_ - 1, std::move(event)});
  return {};
}

Status PublishWindow::send_event(std::size_t item, const OutgoingEvent& event, bool asks) {
  sent_.push_back({item, asks ? event.type : std::string()});
  return connection_.publish({.exchange = topology::kEventExchange,
                              .routing_key = event.type,
                              .body = event.body,
                              .message_id = event.id,
                              .type = event.type,
                              .expiration = {},
                              .timestamp_s = event.timestamp_s,
                              .headers = event.headers,
                              .mandatory = asks});
}

Status PublishWindow::confirm(std::vector<bool>& taken, RabbitConnection::Deadline deadline) {
  const auto outcomes = connection_.finish_window(deadline);
  if (!outcomes) return outcomes.error();
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    const auto& [item, asked] = sent_[i];
    const auto outcome = (*outcomes)[i];
    // A queue that refuses an event belongs to a consumer.
    const bool unheard = !asked.empty() && outcome == PublishOutcome::kReturned;
    if (!asked.empty()) audience_->heard(asked, !unheard);
    if (outcome != PublishOutcome::kTaken && !unheard) taken[item] = false;
  }
  sent_.clear();
  return {};
}

Result<std::vector<bool>> PublishWindow::finish(RabbitConnection::Deadline deadline) {
  std::vector<bool> taken(items_, true);
  if (auto status = confirm(taken, deadline); !status) return status.error();
  for (const auto& [item, event] : std::exchange(held_, {})) {
    if (!audience_->listens(event.type)) continue;
    if (auto status = send_event(item, event, false); !status) return status.error();
  }
  if (sent_.empty()) return taken;
  if (auto status = confirm(taken, deadline); !status) return status.error();
  return taken;
}

}  // namespace postern
