#include "queue_rabbit/rabbit_codec.hpp"

#include <algorithm>
#include <optional>

#include "base/limits.hpp"
#include "queue_rabbit/amqp_library.hpp"

namespace postern {
namespace {

amqp_table_entry_t to_entry(const MessageHeader& header) {
  amqp_table_entry_t entry{};
  entry.key = bytes(header.name);
  if (const auto* text = std::get_if<std::string>(&header.value)) {
    entry.value.kind = AMQP_FIELD_KIND_UTF8;
    entry.value.value.bytes = bytes(*text);
  } else {
    entry.value.kind = AMQP_FIELD_KIND_I64;
    entry.value.value.i64 = std::get<std::int64_t>(header.value);
  }
  return entry;
}

std::optional<std::int64_t> to_integer(const amqp_field_value_t& field) {
  switch (field.kind) {
    case AMQP_FIELD_KIND_I8:
      return field.value.i8;
    case AMQP_FIELD_KIND_U8:
      return field.value.u8;
    case AMQP_FIELD_KIND_I16:
      return field.value.i16;
    case AMQP_FIELD_KIND_U16:
      return field.value.u16;
    case AMQP_FIELD_KIND_I32:
      return field.value.i32;
    case AMQP_FIELD_KIND_U32:
      return field.value.u32;
    case AMQP_FIELD_KIND_I64:
      return field.value.i64;
    default:
      return std::nullopt;
  }
}

std::vector<MessageHeader> to_headers(const amqp_table_t& table) {
  std::vector<MessageHeader> headers;
  const auto count = std::min(static_cast<std::size_t>(table.num_entries), limits::kMessageHeaders);
  for (const auto& entry : std::span(table.entries, count)) {
    if (entry.value.kind == AMQP_FIELD_KIND_UTF8) {
      headers.push_back({std::string(view(entry.key)), std::string(view(entry.value.value.bytes))});
    } else if (const auto number = to_integer(entry.value)) {
      headers.push_back({std::string(view(entry.key)), *number});
    }
  }
  return headers;
}

/// The newest entry of x-death comes first: why and when the broker took the message out.
void read_death(const amqp_table_t& table, IncomingMessage& message) {
  for (const auto& entry : std::span(table.entries, static_cast<std::size_t>(table.num_entries))) {
    const auto& deaths = entry.value.value.array;
    if (view(entry.key) != "x-death" || entry.value.kind != AMQP_FIELD_KIND_ARRAY) continue;
    if (deaths.num_entries == 0 || deaths.entries[0].kind != AMQP_FIELD_KIND_TABLE) return;
    const auto& newest = deaths.entries[0].value.table;
    const std::span fields(newest.entries, static_cast<std::size_t>(newest.num_entries));
    for (const auto& field : fields) {
      if (view(field.key) == "reason" && field.value.kind == AMQP_FIELD_KIND_UTF8) {
        message.death_reason = view(field.value.value.bytes);
      } else if (view(field.key) == "time" && field.value.kind == AMQP_FIELD_KIND_TIMESTAMP) {
        message.death_time_s = static_cast<std::int64_t>(field.value.value.u64);
      }
    }
  }
}

}  // namespace

amqp_bytes_t bytes(std::string_view text) {
  return amqp_bytes_t{text.size(), const_cast<char*>(text.data())};
}

std::string_view view(amqp_bytes_t text) {
  return text.len == 0 ? std::string_view()
                       : std::string_view(static_cast<const char*>(text.bytes), text.len);
}

amqp_table_t to_table(std::span<const MessageHeader> headers,
                      std::vector<amqp_table_entry_t>& entries) {
  entries.clear();
  for (const auto& header : headers) entries.push_back(to_entry(header));
  return amqp_table_t{static_cast<int>(entries.size()), entries.data()};
}

void read_properties(const amqp_basic_properties_t& properties, IncomingMessage& message) {
  const auto has = [&](amqp_flags_t flag) { return (properties._flags & flag) != 0; };
  if (has(AMQP_BASIC_CONTENT_TYPE_FLAG)) message.content_type = view(properties.content_type);
  if (has(AMQP_BASIC_MESSAGE_ID_FLAG)) message.message_id = view(properties.message_id);
  if (has(AMQP_BASIC_TYPE_FLAG)) message.type = view(properties.type);
  if (has(AMQP_BASIC_APP_ID_FLAG)) message.app_id = view(properties.app_id);
  if (has(AMQP_BASIC_TIMESTAMP_FLAG)) {
    message.timestamp_s = static_cast<std::int64_t>(properties.timestamp);
  }
  if (has(AMQP_BASIC_PRIORITY_FLAG)) message.priority = properties.priority;
  if (has(AMQP_BASIC_HEADERS_FLAG)) {
    message.headers = to_headers(properties.headers);
    read_death(properties.headers, message);
  }
}

amqp_basic_properties_t to_properties(const OutgoingMessage& message,
                                      std::vector<amqp_table_entry_t>& entries) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                      AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG |
                      AMQP_BASIC_TIMESTAMP_FLAG | AMQP_BASIC_APP_ID_FLAG;
  properties.content_type = bytes(message.content_type);
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  properties.message_id = bytes(message.message_id);
  properties.type = bytes(message.type);
  properties.timestamp = static_cast<std::uint64_t>(message.timestamp_s);
  properties.app_id = bytes(message.app_id);
  if (!message.expiration.empty()) {
    properties._flags |= AMQP_BASIC_EXPIRATION_FLAG;
    properties.expiration = bytes(message.expiration);
  }
  if (message.priority) {
    properties._flags |= AMQP_BASIC_PRIORITY_FLAG;
    properties.priority = *message.priority;
  }
  if (!message.headers.empty()) {
    properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    properties.headers = to_table(message.headers, entries);
  }
  return properties;
}

}  // namespace postern
