#include "queue_rabbit/rabbit_headers.hpp"

namespace postern {
namespace {

constexpr std::uint8_t kUrgent = 8;
constexpr std::uint8_t kHighestOrdinary = 4;
constexpr std::uint8_t kBulk = 1;

template <class Value>
const Value* find(const IncomingMessage& message, std::string_view name) {
  for (const auto& header : message.headers) {
    if (header.name != name) continue;
    if (const auto* value = std::get_if<Value>(&header.value)) return value;
  }
  return nullptr;
}

}  // namespace

std::optional<std::uint8_t> amqp_priority(MailPriority priority) {
  if (priority == MailPriority::kUrgent) return kUrgent;
  if (priority == MailPriority::kBulk) return kBulk;
  return std::nullopt;
}

MailPriority mail_priority(const IncomingMessage& message) {
  if (message.priority > kHighestOrdinary) return MailPriority::kUrgent;
  return message.priority == kBulk ? MailPriority::kBulk : MailPriority::kNormal;
}

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
