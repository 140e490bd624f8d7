// The outcomes of the publications of one window: confirmed, refused, or returned.
//
// Thread contract: belongs to one thread (or to the holder of its connection's lock).
// Knows the broker's numbering (RabbitMQ, publisher confirms: from 1, per channel) and nothing of
// sockets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "queue_rabbit/rabbit_message.hpp"

namespace postern {

class ConfirmWindow {
 public:
  /// The next publication of the channel. Exchange and message id are how a return is recognised.
  void add(std::string_view exchange, std::string_view message_id);
  void confirm(std::uint64_t tag, bool multiple) { settle(tag, multiple, State::kConfirmed); }
  void refuse(std::uint64_t tag, bool multiple) { settle(tag, multiple, State::kRefused); }
  /// A mandatory message that no queue took; its confirm still follows.
  void returned(std::string_view exchange, std::string_view message_id);

  bool is_complete() const { return pending_ == 0; }
  /// Per publication; what is not confirmed counts as refused. Begins the next window.
  std::vector<PublishOutcome> finish();

 private:
  enum class State : std::uint8_t { kPending, kConfirmed, kRefused };
  struct Entry {
    std::string exchange;
    std::string message_id;
    State state = State::kPending;
    bool returned = false;
  };

  void settle(std::uint64_t tag, bool multiple, State state);
  void settle_one(Entry& entry, State state);

  std::uint64_t first_tag_ = 1;
  std::vector<Entry> entries_;
  /// All entries before this one are settled.
  std::size_t low_ = 0;
  std::size_t pending_ = 0;
};

}  // namespace postern
