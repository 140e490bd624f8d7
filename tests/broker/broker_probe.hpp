// A second pair of eyes on a real broker, for tests: raw AMQP, independent of what is tested.
//
// Thread contract: belongs to one thread. Throws std::runtime_error on every surprise.
#pragma once

#include <cstdlib>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "queue/retry_delay.hpp"
#include "queue_rabbit/amqp_library.hpp"
#include "queue_rabbit/rabbit_options.hpp"
#include "queue_rabbit/rabbit_socket.hpp"
#include "queue_rabbit/rabbit_topology.hpp"

namespace postern {

/// The broker of POSTERN_TEST_RABBITMQ_URL; a missing one fails the test.
inline RabbitOptions test_broker() {
  const char* url = std::getenv("POSTERN_TEST_RABBITMQ_URL");
  if (url == nullptr) throw std::runtime_error("POSTERN_TEST_RABBITMQ_URL is not set");
  auto options = parse_rabbit_url(url);
  if (!options) throw std::runtime_error("POSTERN_TEST_RABBITMQ_URL: " + options.error().cause);
  return *options;
}

struct ProbeMessage {
  std::string body;
  std::string content_type;
  int delivery_mode = 0;
  std::string message_id;
  std::string type;
  std::string app_id;
  std::uint64_t timestamp_s = 0;
  std::string expiration;
  /// -1: none.
  int priority = -1;
  /// Text, and whole numbers as text.
  std::map<std::string, std::string> headers;
};

class BrokerProbe {
 public:
  explicit BrokerProbe(RabbitOptions options = test_broker()) {
    options.heartbeat = {};  // no thread reads while a test waits for something else
    auto connected = connect_broker(options, options.hosts.front(), "probe");
    if (!connected) throw std::runtime_error("probe: " + connected.error().cause);
    handle_ = std::move(*connected);
    open_channel();
  }

  ~BrokerProbe() { amqp_connection_close(state(), AMQP_REPLY_SUCCESS); }
  BrokerProbe(const BrokerProbe&) = delete;
  BrokerProbe& operator=(const BrokerProbe&) = delete;

  /// As if nothing had ever been declared.
  void delete_topology() {
    std::vector<std::string> queues{topology::kMailQueue, topology::kBulkQueue,
                                    topology::kDeadQueue, topology::kOutcomeQueue};
    for (const auto priority : {MailPriority::kNormal, MailPriority::kBulk}) {
      for (const auto& step : retry_steps()) {
        queues.push_back(topology::retry_queue(step.name, priority));
      }
    }
    for (const auto& queue : queues) delete_queue(queue);
    for (const auto* exchange : {topology::kMailExchange, topology::kEventExchange}) {
      delete_exchange(exchange);
    }
  }
  void delete_exchange(const std::string& exchange) {
    amqp_exchange_delete(state(), channel_, bytes(exchange), 0);
    check("delete exchange");
  }
  void delete_queue(const std::string& queue) {
    amqp_queue_delete(state(), channel_, bytes(queue), 0, 0);
    check("delete queue");
  }
  void unbind_mail_queue() {
    amqp_queue_unbind(state(), channel_, bytes(topology::kMailQueue),
                      bytes(topology::kMailExchange), bytes(topology::kMailKey), amqp_empty_table);
    check("unbind");
  }
  /// A queue as a third party would have made it.
  void declare_plain_queue(const std::string& queue) {
    amqp_queue_declare(state(), channel_, bytes(queue), 0, 1, 0, 0, amqp_empty_table);
    check("declare queue");
  }
  /// Takes `max` messages and refuses what follows.
  void declare_small_queue(const std::string& queue, int max) {
    std::vector<amqp_table_entry_t> entries(2);
    entries[0].key = bytes(kMaxLength);
    entries[0].value.kind = AMQP_FIELD_KIND_I32;
    entries[0].value.value.i32 = max;
    entries[1].key = bytes(kOverflow);
    entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
    entries[1].value.value.bytes = bytes(kRejectPublish);
    amqp_queue_declare(state(), channel_, bytes(queue), 0, 1, 0, 0, {2, entries.data()});
    check("declare queue");
  }
  void bind(const std::string& queue, const std::string& exchange, const std::string& key) {
    amqp_queue_bind(state(), channel_, bytes(queue), bytes(exchange), bytes(key), amqp_empty_table);
    check("bind");
  }
  /// A queue of this probe's own that gets every event from now on.
  std::string listen_to_events() {
    const auto* declared =
        amqp_queue_declare(state(), channel_, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
    check("declare queue");
    const std::string queue = text(declared->queue);
    bind(queue, topology::kEventExchange, "#");
    return queue;
  }

  /// Fields that are empty are left out.
  void publish(const std::string& exchange, const std::string& key, const ProbeMessage& message) {
    std::vector<amqp_table_entry_t> entries;
    for (const auto& [name, value] : message.headers) {
      amqp_table_entry_t entry{};
      entry.key = bytes(name);
      const bool number = name == "x-attempt" || name == "x-unknown-outcomes";
      entry.value.kind = number ? AMQP_FIELD_KIND_I32 : AMQP_FIELD_KIND_UTF8;
      if (number) {
        entry.value.value.i32 = std::stoi(value);
      } else {
        entry.value.value.bytes = bytes(value);
      }
      entries.push_back(entry);
    }
    amqp_basic_properties_t properties{};
    const auto set = [&](amqp_flags_t flag, amqp_bytes_t& field, const std::string& value) {
      if (value.empty()) return;
      properties._flags |= flag;
      field = bytes(value);
    };
    set(AMQP_BASIC_CONTENT_TYPE_FLAG, properties.content_type, message.content_type);
    set(AMQP_BASIC_MESSAGE_ID_FLAG, properties.message_id, message.message_id);
    set(AMQP_BASIC_TYPE_FLAG, properties.type, message.type);
    set(AMQP_BASIC_APP_ID_FLAG, properties.app_id, message.app_id);
    set(AMQP_BASIC_EXPIRATION_FLAG, properties.expiration, message.expiration);
    if (message.priority >= 0) {
      properties._flags |= AMQP_BASIC_PRIORITY_FLAG;
      properties.priority = static_cast<std::uint8_t>(message.priority);
    }
    properties._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_HEADERS_FLAG;
    properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
    properties.headers = {static_cast<int>(entries.size()), entries.data()};
    if (amqp_basic_publish(state(), channel_, bytes(exchange), bytes(key), 0, 0, &properties,
                           bytes(message.body)) != AMQP_STATUS_OK) {
      throw std::runtime_error("publish");
    }
    amqp_frame_t frame;
    const timeval patience{10, 0};
    if (amqp_simple_wait_frame_noblock(state(), &frame, &patience) != AMQP_STATUS_OK ||
        frame.frame_type != AMQP_FRAME_METHOD || frame.payload.method.id != AMQP_BASIC_ACK_METHOD) {
      throw std::runtime_error("publish: no confirm");
    }
  }

  std::size_t count(const std::string& queue) {
    const auto* declared =
        amqp_queue_declare(state(), channel_, bytes(queue), 1, 0, 0, 0, amqp_empty_table);
    check("count");
    return declared->message_count;
  }
  /// All messages that are in the queue now: taken away, or only looked at.
  std::vector<ProbeMessage> take_all(const std::string& queue) { return get_all(queue, true); }
  std::vector<ProbeMessage> peek(const std::string& queue) {
    auto all = get_all(queue, false);
    amqp_channel_close(state(), channel_, AMQP_REPLY_SUCCESS);  // gives them back
    ++channel_;
    open_channel();
    return all;
  }

 private:
  static constexpr const char* kMaxLength = "x-max-length";
  static constexpr const char* kOverflow = "x-overflow";
  static constexpr const char* kRejectPublish = "reject-publish";

  static amqp_bytes_t bytes(const std::string& from) {
    return {from.size(), const_cast<char*>(from.data())};
  }
  static amqp_bytes_t bytes(const char* from) { return amqp_cstring_bytes(from); }
  static std::string text(amqp_bytes_t from) {
    return from.len == 0 ? std::string()
                         : std::string(static_cast<const char*>(from.bytes), from.len);
  }
  amqp_connection_state_t state() { return handle_.get(); }
  void open_channel() {
    amqp_channel_open(state(), channel_);
    check("open channel");
    amqp_confirm_select(state(), channel_);
    check("select confirms");
  }
  void check(const char* what) {
    const auto reply = amqp_get_rpc_reply(state());
    if (reply.reply_type != AMQP_RESPONSE_NORMAL) {
      throw std::runtime_error("probe: " + broker_reply_error(what, reply).cause);
    }
  }

  std::vector<ProbeMessage> get_all(const std::string& queue, bool no_ack) {
    std::vector<ProbeMessage> all;
    for (;;) {
      amqp_maybe_release_buffers(state());
      const auto reply = amqp_basic_get(state(), channel_, bytes(queue), no_ack ? 1 : 0);
      check("get");
      if (reply.reply.id != AMQP_BASIC_GET_OK_METHOD) return all;
      amqp_message_t message;
      amqp_read_message(state(), channel_, &message, 0);
      all.push_back(to_probe(message));
      amqp_destroy_message(&message);
    }
  }

  static ProbeMessage to_probe(const amqp_message_t& message) {
    const auto& from = message.properties;
    ProbeMessage to;
    to.body = text(message.body);
    const auto has = [&](amqp_flags_t flag) { return (from._flags & flag) != 0; };
    if (has(AMQP_BASIC_CONTENT_TYPE_FLAG)) to.content_type = text(from.content_type);
    if (has(AMQP_BASIC_DELIVERY_MODE_FLAG)) to.delivery_mode = from.delivery_mode;
    if (has(AMQP_BASIC_MESSAGE_ID_FLAG)) to.message_id = text(from.message_id);
    if (has(AMQP_BASIC_TYPE_FLAG)) to.type = text(from.type);
    if (has(AMQP_BASIC_APP_ID_FLAG)) to.app_id = text(from.app_id);
    if (has(AMQP_BASIC_TIMESTAMP_FLAG)) to.timestamp_s = from.timestamp;
    if (has(AMQP_BASIC_EXPIRATION_FLAG)) to.expiration = text(from.expiration);
    if (has(AMQP_BASIC_PRIORITY_FLAG)) to.priority = from.priority;
    if (!has(AMQP_BASIC_HEADERS_FLAG)) return to;
    for (int i = 0; i < from.headers.num_entries; ++i) {
      const auto& entry = from.headers.entries[i];
      auto& value = to.headers[text(entry.key)];
      if (entry.value.kind == AMQP_FIELD_KIND_UTF8) value = text(entry.value.value.bytes);
      if (entry.value.kind == AMQP_FIELD_KIND_I64) value = std::to_string(entry.value.value.i64);
      if (entry.value.kind == AMQP_FIELD_KIND_I32) value = std::to_string(entry.value.value.i32);
      if (entry.value.kind == AMQP_FIELD_KIND_I8) value = std::to_string(entry.value.value.i8);
    }
    return to;
  }

  RabbitHandle handle_;
  amqp_channel_t channel_ = 1;
};

}  // namespace postern
