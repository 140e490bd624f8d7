#include "queue_rabbit/rabbit_headers.hpp"

namespace postern {
namespace {

template <class Value>
const Value* find(const IncomingMessage& message, std::string_view name) {
  for (const auto& header : message.headers) {
    if (header.name != name) continue;
    if (const auto* value = std::get_if<Value>(&header.value)) return value;
  }
  return nullptr;
}

}  // namespace

std::vector<MessageHeader> own_headers(const IncomingMessage& message) {
  std::vector<MessageHeader> headers;
  for (const auto& header : message.headers) {
    if (!header.name.starts_with("x-")) headers.push_back(header);
  }
  return headers;
}

std::optional<std::int64_t> number_header(const IncomingMessage& message, std::string_view name) {
  const auto* number = find<std::int64_t>(message, name);
  return number ? std::optional(*number) : std::nullopt;
}

std::string text_header(const IncomingMessage& message, std::string_view name) {
  const auto* text = find<std::string>(message, name);
  return text ? *text : std::string();
}

}  // namespace postern
