#include "queue_rabbit/publish_buffer.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "queue_rabbit/amqp_library.hpp"
#include "queue_rabbit/rabbit_codec.hpp"

namespace postern {
namespace {

constexpr std::size_t kFull = 64 * 1024;
constexpr std::size_t kFrameOverhead = 8;

template <class Number>
char* put(char* at, Number number) {
  for (std::size_t i = sizeof number; i > 0; --i) {
    *at++ = static_cast<char>(number >> ((i - 1) * 8));
  }
  return at;
}

bool wait_until_writable(int socket, std::chrono::steady_clock::time_point deadline) {
  pollfd waiting{socket, POLLOUT, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      std::max(deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds::zero()));
  const int ready = poll(&waiting, 1, static_cast<int>(left.count()));
  return ready > 0 || (ready < 0 && errno == EINTR);
}

}  // namespace

PublishBuffer::PublishBuffer(amqp_channel_t channel, int frame_max)
    : channel_(channel), scratch_(static_cast<std::size_t>(frame_max) - kFrameOverhead) {}

void PublishBuffer::add_frame(std::uint8_t type, std::string_view payload) {
  char head[7];
  put(put(put(head, type), channel_), static_cast<std::uint32_t>(payload.size()));
  frames_.append(head, sizeof head).append(payload) += static_cast<char>(AMQP_FRAME_END);
}

int PublishBuffer::add(const OutgoingMessage& message, const amqp_basic_properties_t& properties) {
  const auto before = frames_.size();
  amqp_basic_publish_t method{0, bytes(message.exchange), bytes(message.routing_key),
                              message.mandatory ? 1 : 0, 0};
  char* rest = put(scratch_.data(), std::uint32_t{AMQP_BASIC_PUBLISH_METHOD});
  const auto room = [&] {
    return amqp_bytes_t{static_cast<std::size_t>(scratch_.data() + scratch_.size() - rest), rest};
  };
  int size = amqp_encode_method(AMQP_BASIC_PUBLISH_METHOD, &method, room());
  if (size < 0) return size;
  add_frame(AMQP_FRAME_METHOD, {scratch_.data(), rest + size});

  rest = put(scratch_.data(), std::uint16_t{AMQP_BASIC_CLASS});
  rest = put(put(rest, std::uint16_t{0}), static_cast<std::uint64_t>(message.body.size()));
  auto copy = properties;
  size = amqp_encode_properties(AMQP_BASIC_CLASS, &copy, room());
  if (size < 0) {
    frames_.resize(before);
    return size;
  }
  add_frame(AMQP_FRAME_HEADER, {scratch_.data(), rest + size});

  for (auto body = message.body; !body.empty();) {
    const auto part = body.substr(0, scratch_.size());
    add_frame(AMQP_FRAME_BODY, part);
    body.remove_prefix(part.size());
  }
  return AMQP_STATUS_OK;
}

bool PublishBuffer::full() const { return frames_.size() >= kFull; }

int PublishBuffer::send(int socket, std::chrono::steady_clock::time_point deadline) {
  std::string_view left = frames_;
  while (!left.empty()) {
    const auto sent = ::send(socket, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return AMQP_STATUS_SOCKET_ERROR;
    } else if (!wait_until_writable(socket, deadline)) {
      return AMQP_STATUS_TIMEOUT;
    }
  }
  frames_.clear();
  return AMQP_STATUS_OK;
}

}  // namespace postern
