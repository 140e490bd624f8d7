#include "queue_rabbit/rabbit_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <utility>

#include "base/limits.hpp"
#include "queue_rabbit/amqp_library.hpp"
#include "queue_rabbit/confirm_window.hpp"
#include "queue_rabbit/publish_buffer.hpp"
#include "queue_rabbit/rabbit_codec.hpp"

namespace postern {
namespace {

constexpr amqp_channel_t kPublishChannel = 1;
constexpr amqp_channel_t kConsumeChannel = 2;
constexpr std::size_t kConsumers = 2;

amqp_channel_t channel_of(RabbitConnection::Consumer consumer) {
  return static_cast<amqp_channel_t>(kConsumeChannel + static_cast<int>(consumer));
}

timeval remaining(RabbitConnection::Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::microseconds>(
      std::max(deadline - std::chrono::steady_clock::now(), std::chrono::nanoseconds::zero()));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return timeval{static_cast<time_t>(seconds.count()),
                 static_cast<suseconds_t>((left - seconds).count())};
}

}  // namespace

struct RabbitConnection::Impl {
  /// A message whose frames are still coming; one per channel at most.
  struct Content {
    enum class Kind { kNone, kDelivery, kReturn };
    Kind kind = Kind::kNone;
    std::uint64_t missing_bytes = 0;
    IncomingMessage message = {};
    /// Of a return: where it was published.
    std::string exchange = {};
  };

  RabbitHandle handle;
  std::string peer;
  bool usable = true;
  bool blocked = false;
  bool holding = false;
  /// For one message, and not answered yet.
  bool asked = false;
  std::array<Content, kConsumeChannel + kConsumers> contents;
  std::array<std::deque<IncomingMessage>, kConsumers> deliveries;
  ConfirmWindow window;
  std::vector<amqp_table_entry_t> entries;
  /// Without TLS.
  std::optional<PublishBuffer> buffer;
  std::chrono::milliseconds send_timeout{};

  Error broken(Error error) {
    usable = false;
    return error;
  }
  Status sent(std::string_view what, int status) {
    if (status == AMQP_STATUS_OK) return {};
    return broken(broker_status_error(what, status));
  }
  Status flush() {
    if (!buffer) return {};
    const auto deadline = std::chrono::steady_clock::now() + send_timeout;
    return sent("publish", buffer->send(amqp_get_sockfd(handle.get()), deadline));
  }
  /// With TLS, full segments only while a window is filled: without this every message is a segment
  /// of its own, and the broker reads, and is woken, for each.
  void hold_segments(bool hold) {
    if (std::exchange(holding, hold) == hold) return;
    const int on = hold ? 1 : 0;
    (void)setsockopt(amqp_get_sockfd(handle.get()), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  }
  Status replied(std::string_view what) {
    const auto reply = amqp_get_rpc_reply(handle.get());
    if (reply.reply_type == AMQP_RESPONSE_NORMAL) return {};
    return broken(broker_reply_error(what, reply));
  }
  Status open_channel(amqp_channel_t channel) {
    amqp_channel_open(handle.get(), channel);
    return replied("open channel");
  }

  Status dispatch(const amqp_frame_t& frame);
  Status on_method(amqp_channel_t channel, const amqp_method_t& method);
  void on_header(amqp_channel_t channel, std::uint64_t body_bytes,
                 const amqp_basic_properties_t& from);
  void finish_content(amqp_channel_t channel);
};

Status RabbitConnection::Impl::on_method(amqp_channel_t channel, const amqp_method_t& method) {
  switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
      const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
      window.confirm(ack->delivery_tag, ack->multiple != 0);
      return {};
    }
    case AMQP_BASIC_NACK_METHOD: {
      const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
      window.refuse(nack->delivery_tag, nack->multiple != 0);
      return {};
    }
    case AMQP_BASIC_RETURN_METHOD:
      contents[channel] = {.kind = Content::Kind::kReturn};
      contents[channel].exchange =
          view(static_cast<const amqp_basic_return_t*>(method.decoded)->exchange);
      return {};
    case AMQP_BASIC_GET_OK_METHOD:
      asked = false;
      contents[channel] = {.kind = Content::Kind::kDelivery};
      contents[channel].message.tag =
          static_cast<const amqp_basic_get_ok_t*>(method.decoded)->delivery_tag;
      return {};
    case AMQP_BASIC_GET_EMPTY_METHOD:
      asked = false;
      return {};
    case AMQP_BASIC_DELIVER_METHOD:
      contents[channel] = {.kind = Content::Kind::kDelivery};
      contents[channel].message.tag =
          static_cast<const amqp_basic_deliver_t*>(method.decoded)->delivery_tag;
      return {};
    case AMQP_CONNECTION_BLOCKED_METHOD:
      blocked = true;
      return {};
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
      blocked = false;
      return {};
    case AMQP_BASIC_CANCEL_METHOD:
      return broken({rabbit_error::kUnavailable, Retry::kLater, "the broker ended the consumer"});
    case AMQP_CONNECTION_CLOSE_METHOD:
    case AMQP_CHANNEL_CLOSE_METHOD: {
      const amqp_rpc_reply_t reply{AMQP_RESPONSE_SERVER_EXCEPTION, method, AMQP_STATUS_OK};
      return broken(broker_reply_error("closed by the broker", reply));
    }
    default:
      return {};
  }
}

void RabbitConnection::Impl::on_header(amqp_channel_t channel, std::uint64_t body_bytes,
                                       const amqp_basic_properties_t& from) {
  Content& content = contents[channel];
  read_properties(from, content.message);
  content.missing_bytes = body_bytes;
  content.message.oversized = body_bytes > limits::kJobBytes;
  if (body_bytes == 0) finish_content(channel);
}

void RabbitConnection::Impl::finish_content(amqp_channel_t channel) {
  Content& content = contents[channel];
  if (content.kind == Content::Kind::kDelivery && channel >= kConsumeChannel) {
    deliveries.at(channel - kConsumeChannel).push_back(std::move(content.message));
  } else if (content.kind == Content::Kind::kReturn) {
    window.returned(content.exchange, content.message.message_id);
  }
  content = {};
}

Status RabbitConnection::Impl::dispatch(const amqp_frame_t& frame) {
  if (frame.channel >= contents.size()) return {};
  Content& content = contents[frame.channel];
  if (frame.frame_type == AMQP_FRAME_METHOD) return on_method(frame.channel, frame.payload.method);
  if (content.kind == Content::Kind::kNone) return {};
  if (frame.frame_type == AMQP_FRAME_HEADER) {
    const auto& properties = frame.payload.properties;
    on_header(frame.channel, properties.body_size,
              *static_cast<const amqp_basic_properties_t*>(properties.decoded));
  } else if (frame.frame_type == AMQP_FRAME_BODY) {
    const auto fragment = view(frame.payload.body_fragment);
    if (!content.message.oversized) content.message.body += fragment;
    content.missing_bytes -= std::min<std::uint64_t>(content.missing_bytes, fragment.size());
    if (content.missing_bytes == 0) finish_content(frame.channel);
  }
  return {};
}

RabbitConnection::RabbitConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RabbitConnection::~RabbitConnection() { close(); }

Result<std::unique_ptr<RabbitConnection>> RabbitConnection::open(const RabbitOptions& options,
                                                                 const std::string& name) {
  Error last{rabbit_error::kUnavailable, Retry::kLater, "no host is configured"};
  const std::size_t first = std::random_device{}();
  for (std::size_t i = 0; i < options.hosts.size(); ++i) {
    const auto& host = options.hosts[(first + i) % options.hosts.size()];
    auto handle = connect_broker(options, host, name);
    if (!handle) {
      last = handle.error();
      continue;
    }
    auto impl = std::make_unique<Impl>();
    impl->handle = std::move(*handle);
    impl->peer = host.name + ":" + std::to_string(host.port);
    impl->send_timeout = options.confirm_timeout;
    if (!options.tls) {
      impl->buffer.emplace(kPublishChannel, amqp_get_frame_max(impl->handle.get()));
    }
    if (auto status = impl->open_channel(kPublishChannel); !status) return status.error();
    if (auto status = impl->open_channel(kConsumeChannel); !status) return status.error();
    return std::unique_ptr<RabbitConnection>(new RabbitConnection(std::move(impl)));
  }
  return last;
}

const std::string& RabbitConnection::peer() const { return impl_->peer; }
int RabbitConnection::socket() const { return amqp_get_sockfd(impl_->handle.get()); }
bool RabbitConnection::is_blocked() const { return impl_->blocked; }
std::deque<IncomingMessage>& RabbitConnection::deliveries(Consumer consumer) {
  return impl_->deliveries.at(static_cast<std::size_t>(consumer));
}

Status RabbitConnection::declare_exchange(const std::string& name, const std::string& type) {
  amqp_exchange_declare(impl_->handle.get(), kPublishChannel, bytes(name), bytes(type), 0, 1, 0, 0,
                        amqp_empty_table);
  return impl_->replied("declare exchange " + name);
}

Status RabbitConnection::declare_queue(const std::string& name,
                                       std::span<const MessageHeader> arguments) {
  amqp_queue_declare(impl_->handle.get(), kPublishChannel, bytes(name), 0, 1, 0, 0,
                     to_table(arguments, impl_->entries));
  return impl_->replied("declare queue " + name);
}

Status RabbitConnection::bind_queue(const std::string& queue, const std::string& exchange,
                                    const std::string& routing_key) {
  amqp_queue_bind(impl_->handle.get(), kPublishChannel, bytes(queue), bytes(exchange),
                  bytes(routing_key), amqp_empty_table);
  return impl_->replied("bind queue " + queue);
}

Status RabbitConnection::select_confirms() {
  amqp_confirm_select(impl_->handle.get(), kPublishChannel);
  return impl_->replied("select confirms");
}

Status RabbitConnection::publish(const OutgoingMessage& message) {
  const auto properties = to_properties(message, impl_->entries);
  int status = AMQP_STATUS_OK;
  if (impl_->buffer) {
    status = impl_->buffer->add(message, properties);
  } else {
    impl_->hold_segments(true);
    status = amqp_basic_publish(impl_->handle.get(), kPublishChannel, bytes(message.exchange),
                                bytes(message.routing_key), message.mandatory ? 1 : 0, 0,
                                &properties, bytes(message.body));
  }
  if (status == AMQP_STATUS_OK) impl_->window.add(message.exchange, message.message_id);
  if (auto added = impl_->sent("publish", status); !added) return added;
  return impl_->buffer && impl_->buffer->full() ? impl_->flush() : Status();
}

Status RabbitConnection::flush() {
  impl_->hold_segments(false);
  return impl_->flush();
}

Result<std::vector<PublishOutcome>> RabbitConnection::finish_window(Deadline deadline) {
  if (auto flushed = flush(); !flushed) return flushed.error();
  while (!impl_->window.is_complete()) {
    const auto read_one = read(deadline);
    if (!read_one) return read_one.error();
    if (*read_one) continue;
    return impl_->broken({rabbit_error::kUnavailable, Retry::kLater,
                          impl_->blocked ? "the broker is blocked and takes no messages for now"
                                         : "the broker's confirms did not come in time"});
  }
  return impl_->window.finish();
}

Status RabbitConnection::consume(const std::string& queue, std::uint16_t prefetch,
                                 Consumer consumer) {
  const auto channel = channel_of(consumer);
  if (consumer == Consumer::kSecond) {
    if (auto opened = impl_->open_channel(channel); !opened) return opened;
  }
  amqp_basic_qos(impl_->handle.get(), channel, 0, prefetch, 0);
  if (auto status = impl_->replied("set prefetch"); !status) return status;
  amqp_basic_consume(impl_->handle.get(), channel, bytes(queue), amqp_empty_bytes, 0, 0, 0,
                     amqp_empty_table);
  return impl_->replied("consume " + queue);
}

Status RabbitConnection::ack(std::uint64_t tag, bool multiple, Consumer consumer) {
  return impl_->sent("ack",
                     amqp_basic_ack(impl_->handle.get(), channel_of(consumer), tag, multiple));
}

Status RabbitConnection::reject(std::uint64_t tag, Consumer consumer) {
  return impl_->sent("reject",
                     amqp_basic_reject(impl_->handle.get(), channel_of(consumer), tag, 0));
}

Status RabbitConnection::flush_acks(const std::string& queue, Deadline deadline) {
  amqp_basic_get_t ask{0, bytes(queue), 0};
  impl_->asked = true;
  if (auto sent = impl_->sent("get", amqp_send_method(impl_->handle.get(), kConsumeChannel,
                                                      AMQP_BASIC_GET_METHOD, &ask));
      !sent) {
    return sent;
  }
  const auto& content = impl_->contents[kConsumeChannel];
  while (impl_->asked || content.kind != Impl::Content::Kind::kNone) {
    const auto read_one = read(deadline);
    if (!read_one) return read_one.error();
    if (!*read_one) {
      return impl_->broken(
          {rabbit_error::kUnavailable, Retry::kLater, "the broker did not answer in time"});
    }
  }
  return {};
}

Result<RabbitConnection::QueueSize> RabbitConnection::size_of(const std::string& queue) {
  // On the channel of the deliveries, so that what was acked and given back before is heard first.
  const auto* found = amqp_queue_declare(impl_->handle.get(), kConsumeChannel, bytes(queue), 1, 1,
                                         0, 0, amqp_empty_table);
  if (auto status = impl_->replied("look at queue " + queue); !status) return status.error();
  return QueueSize{found->message_count, found->consumer_count};
}

Result<bool> RabbitConnection::read(Deadline deadline) {
  amqp_maybe_release_buffers(impl_->handle.get());
  const timeval timeout = remaining(deadline);
  amqp_frame_t frame;
  const int status = amqp_simple_wait_frame_noblock(impl_->handle.get(), &frame, &timeout);
  if (status == AMQP_STATUS_TIMEOUT) return false;
  if (auto read_well = impl_->sent("read", status); !read_well) return read_well.error();
  if (auto handled = impl_->dispatch(frame); !handled) return handled.error();
  return true;
}

Status RabbitConnection::read_arrived() {
  for (;;) {
    const auto read_one = read(Deadline{});
    if (!read_one) return read_one.error();
    if (!*read_one) return {};
  }
}

void RabbitConnection::close() {
  if (!impl_->usable) return;
  impl_->usable = false;
  const timeval timeout{std::chrono::seconds(limits::kBrokerCloseTimeout).count(), 0};
  amqp_set_rpc_timeout(impl_->handle.get(), &timeout);
  amqp_connection_close(impl_->handle.get(), AMQP_REPLY_SUCCESS);
}

}  // namespace postern
