// Publications as the bytes of their frames (AMQP 0-9-1, 2.3.5 and 4.2), gathered and sent
// together.
//
// Thread contract: belongs to its connection.
// For sockets without TLS: the library sends each of a publication's three frames by a system call
// of its own, which costs more than all else that a publication does. Closes nothing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "queue_rabbit/amqp_library.hpp"
#include "queue_rabbit/rabbit_message.hpp"

namespace postern {

class PublishBuffer {
 public:
  /// `frame_max` is what was agreed on with the broker, in bytes.
  PublishBuffer(amqp_channel_t channel, int frame_max);

  /// AMQP_STATUS_OK, or why the message cannot be written as frames.
  int add(const OutgoingMessage& message, const amqp_basic_properties_t& properties);
  /// More than is worth keeping back.
  bool full() const;
  /// Sends all of it; AMQP_STATUS_OK, or why not. A part may have been sent then.
  int send(int socket, std::chrono::steady_clock::time_point deadline);

 private:
  void add_frame(std::uint8_t type, std::string_view payload);

  amqp_channel_t channel_;
  /// One frame's payload while it is encoded.
  std::vector<char> scratch_;
  std::string frames_;
};

}  // namespace postern
