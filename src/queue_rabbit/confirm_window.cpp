#include "queue_rabbit/confirm_window.hpp"

namespace postern {

void ConfirmWindow::add(std::string_view exchange, std::string_view message_id) {
  entries_.push_back({.exchange = std::string(exchange), .message_id = std::string(message_id)});
  ++pending_;
}

void ConfirmWindow::settle_one(Entry& entry, State state) {
  if (entry.state != State::kPending) return;
  entry.state = state;
  --pending_;
}

void ConfirmWindow::settle(std::uint64_t tag, bool multiple, State state) {
  if (tag < first_tag_ || tag >= first_tag_ + entries_.size()) return;
  const auto index = static_cast<std::size_t>(tag - first_tag_);
  if (multiple) {
    for (std::size_t i = low_; i < index; ++i) settle_one(entries_[i], state);
  }
  settle_one(entries_[index], state);
  while (low_ < entries_.size() && entries_[low_].state != State::kPending) ++low_;
}

void ConfirmWindow::returned(std::string_view exchange, std::string_view message_id) {
  for (std::size_t i = low_; i < entries_.size(); ++i) {
    auto& entry = entries_[i];
    if (entry.message_id == message_id && entry.exchange == exchange) entry.returned = true;
  }
}

std::vector<PublishOutcome> ConfirmWindow::finish() {
  std::vector<PublishOutcome> outcome;
  outcome.reserve(entries_.size());
  for (const auto& entry : entries_) {
    const bool confirmed = entry.state == State::kConfirmed;
    outcome.push_back(!confirmed       ? PublishOutcome::kRefused
                      : entry.returned ? PublishOutcome::kReturned
                                       : PublishOutcome::kTaken);
  }
  first_tag_ += entries_.size();
  entries_.clear();
  low_ = 0;
  pending_ = 0;
  return outcome;
}

}  // namespace postern
