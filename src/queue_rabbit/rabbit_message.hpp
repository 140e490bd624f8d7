// Messages as the broker carries them. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postern {

struct MessageHeader {
  std::string name;
  std::variant<std::string, std::int64_t> value;
};

/// A message to publish: always persistent.
struct OutgoingMessage {
  std::string_view exchange;
  std::string_view routing_key;
  std::string_view body;
  std::string_view content_type = "application/json";
  std::string_view message_id;
  std::string_view type;
  std::string_view app_id = "postern";
  /// Milliseconds as decimal digits; empty: none.
  std::string_view expiration;
  std::int64_t timestamp_s = 0;
  std::span<const MessageHeader> headers;
  /// Returned when no queue takes it.
  bool mandatory = false;
  std::optional<std::uint8_t> priority = {};
};

/// The outcome of a publication.
enum class PublishOutcome : std::uint8_t {
  kTaken,
  /// It was mandatory, and no queue took it.
  kReturned,
  kRefused,
};

/// A delivered message.
struct IncomingMessage {
  /// The broker's delivery tag: of this connection only.
  std::uint64_t tag = 0;
  /// The body was larger than a job may be and was not kept.
  bool oversized = false;
  std::string body;
  std::string content_type;
  std::string message_id;
  std::string type;
  std::string app_id;
  std::int64_t timestamp_s = 0;
  std::optional<std::uint8_t> priority = {};
  /// Where the broker itself took it out of a queue: why and when, last. Empty and 0 elsewhere.
  std::string death_reason;
  std::int64_t death_time_s = 0;
  /// Text and whole numbers only; other kinds are not kept.
  std::vector<MessageHeader> headers;
};

}  // namespace postern
