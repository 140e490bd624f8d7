// AMQP as our code writes and reads it (docs/decisions/0021), from any bytes. The first byte
// chooses: a publication as frames, the properties of a message as a broker may send them, or the
// course of a confirm window, which is compared with a plain model.
#include <fuzzer/FuzzedDataProvider.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "property.hpp"
#include "queue_rabbit/amqp_library.hpp"
#include "queue_rabbit/confirm_window.hpp"
#include "queue_rabbit/publish_buffer.hpp"
#include "queue_rabbit/rabbit_codec.hpp"
#include "queue_rabbit/rabbit_headers.hpp"

namespace {

using namespace postern;

constexpr amqp_channel_t kChannel = 0x0102;
constexpr int kFrameMax = 4096;

struct Pool {
  Pool() { init_amqp_pool(&pool, 4096); }
  ~Pool() { empty_amqp_pool(&pool); }
  Pool(const Pool&) = delete;
  amqp_pool_t pool;
};

struct Frame {
  std::uint8_t type = 0;
  std::string payload;
};

std::uint64_t number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

/// As AMQP 0-9-1, section 2.3.5, describes it.
std::vector<Frame> read_frames(std::string_view bytes) {
  std::vector<Frame> frames;
  while (!bytes.empty()) {
    require(bytes.size() >= 8 && number(bytes.substr(1, 2)) == kChannel);
    const std::size_t size = number(bytes.substr(3, 4));
    require(size <= kFrameMax - 8 && bytes.size() >= size + 8);
    require(static_cast<unsigned char>(bytes[7 + size]) == AMQP_FRAME_END);
    frames.push_back({static_cast<std::uint8_t>(bytes[0]), std::string(bytes.substr(7, size))});
    bytes.remove_prefix(size + 8);
  }
  return frames;
}

/// What send() writes, over a socket.
std::string sent_by(PublishBuffer& buffer) {
  int ends[2];
  require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const int room = 1 << 20;
  require(setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  require(buffer.send(ends[0], deadline) == AMQP_STATUS_OK);
  close(ends[0]);
  std::string received;
  char piece[65536];
  for (ssize_t n = 0; (n = read(ends[1], piece, sizeof piece)) > 0;) {
    received.append(piece, static_cast<std::size_t>(n));
  }
  close(ends[1]);
  return received;
}

bool operator==(const MessageHeader& a, const MessageHeader& b) {
  return a.name == b.name && a.value == b.value;
}

IncomingMessage decode_properties(std::string_view encoded) {
  Pool memory;
  void* decoded = nullptr;
  IncomingMessage message;
  if (amqp_decode_properties(AMQP_BASIC_CLASS, &memory.pool, bytes(encoded), &decoded) < 0)
    return message;
  read_properties(*static_cast<amqp_basic_properties_t*>(decoded), message);
  return message;
}

struct Published {
  std::string exchange, routing_key, body, message_id, type, expiration;
  std::vector<MessageHeader> headers;
};

void check_method(const std::string& payload, const OutgoingMessage& message) {
  require(number(std::string_view(payload).substr(0, 4)) == AMQP_BASIC_PUBLISH_METHOD);
  Pool memory;
  void* decoded = nullptr;
  require(amqp_decode_method(AMQP_BASIC_PUBLISH_METHOD, &memory.pool,
                             bytes(std::string_view(payload).substr(4)), &decoded) >= 0);
  const auto& method = *static_cast<amqp_basic_publish_t*>(decoded);
  require(view(method.exchange) == message.exchange);
  require(view(method.routing_key) == message.routing_key);
  require((method.mandatory != 0) == message.mandatory && method.immediate == 0);
}

void check_read(const IncomingMessage& read, const OutgoingMessage& message) {
  require(read.content_type == message.content_type && read.message_id == message.message_id);
  require(read.type == message.type && read.app_id == message.app_id);
  require(read.timestamp_s == message.timestamp_s && read.priority == message.priority);
  const std::size_t kept = std::min(message.headers.size(), limits::kMessageHeaders);
  require(read.headers.size() == kept);
  for (std::size_t i = 0; i < kept; ++i) require(read.headers[i] == message.headers[i]);
}

void check_frames(const std::vector<Frame>& frames, const OutgoingMessage& message) {
  require(frames.size() >= 2 && frames[0].type == AMQP_FRAME_METHOD);
  check_method(frames[0].payload, message);
  const std::string_view head = frames[1].payload;
  require(frames[1].type == AMQP_FRAME_HEADER && head.size() > 12);
  require(number(head.substr(0, 2)) == AMQP_BASIC_CLASS && number(head.substr(2, 2)) == 0);
  require(number(head.substr(4, 8)) == message.body.size());
  check_read(decode_properties(head.substr(12)), message);
  std::string body;
  for (std::size_t i = 2; i < frames.size(); ++i) {
    require(frames[i].type == AMQP_FRAME_BODY && !frames[i].payload.empty());
    body += frames[i].payload;
  }
  require(body == message.body);
}

void check_publication(FuzzedDataProvider& data) {
  // Their lengths are a byte's in AMQP.
  const auto text = [&] { return data.ConsumeRandomLengthString(255); };
  Published given{text(), text(), {}, text(), text(), text(), {}};
  for (int count = data.ConsumeIntegralInRange(0, 40); count > 0; --count) {
    MessageHeader header{text(), std::int64_t{0}};
    if (data.ConsumeBool()) {
      header.value = data.ConsumeRandomLengthString(300);
    } else {
      header.value = data.ConsumeIntegral<std::int64_t>();
    }
    given.headers.push_back(std::move(header));
  }
  OutgoingMessage message;
  message.exchange = given.exchange;
  message.routing_key = given.routing_key;
  message.message_id = given.message_id;
  message.type = given.type;
  message.expiration = given.expiration;
  message.timestamp_s = data.ConsumeIntegral<std::int64_t>();
  message.mandatory = data.ConsumeBool();
  if (data.ConsumeBool()) message.priority = data.ConsumeIntegral<std::uint8_t>();
  message.headers = given.headers;
  given.body = data.ConsumeRemainingBytesAsString();
  message.body = given.body;

  std::vector<amqp_table_entry_t> entries;
  PublishBuffer buffer(kChannel, kFrameMax);
  const int added = buffer.add(message, to_properties(message, entries));
  const auto frames = read_frames(sent_by(buffer));
  if (added == AMQP_STATUS_OK) return check_frames(frames, message);
  // Refused: headers that a frame cannot hold. The method's frame goes with them.
  require(frames.empty());
}

void check_properties(std::string_view encoded) {
  const IncomingMessage message = decode_properties(encoded);
  require(message.headers.size() <= limits::kMessageHeaders);
  for (const MessageHeader& header : own_headers(message)) require(!header.name.starts_with("x-"));
  const MailPriority priority = mail_priority(message);
  require(!message.priority || *message.priority <= 4 || priority == MailPriority::kUrgent);
  for (const char* name : {kAttemptHeader, kUnknownHeader, kReasonHeader, kDiedAtHeader}) {
    const bool has_number = number_header(message, name).has_value();
    require(!has_number || std::ranges::count(message.headers, name, &MessageHeader::name) > 0);
    (void)text_header(message, name);
  }
}

/// One publication of the model.
struct Expected {
  std::string id;
  char state = '?';
  bool returned = false;
};

void check_window(FuzzedDataProvider& data) {
  ConfirmWindow window;
  std::vector<Expected> expected;
  std::uint64_t first_tag = 1;
  while (data.remaining_bytes() > 0) {
    const int action = data.ConsumeIntegralInRange(0, 4);
    const std::string id(1, static_cast<char>('a' + data.ConsumeIntegralInRange(0, 3)));
    const auto tag = data.ConsumeIntegralInRange<std::uint64_t>(0, first_tag + 12);
    const bool multiple = data.ConsumeBool();
    if (action == 0) {
      window.add("x", id);
      expected.push_back({id});
    } else if (action == 1 || action == 2) {
      action == 1 ? window.confirm(tag, multiple) : window.refuse(tag, multiple);
      if (tag < first_tag || tag >= first_tag + expected.size()) continue;
      for (std::size_t i = multiple ? 0 : tag - first_tag; i <= tag - first_tag; ++i) {
        if (expected[i].state == '?') expected[i].state = action == 1 ? '+' : '-';
      }
    } else if (action == 3) {
      window.returned("x", id);
      window.returned("y", id);
      for (auto& entry : expected) entry.returned |= entry.state == '?' && entry.id == id;
    } else {
      const auto outcomes = window.finish();
      require(outcomes.size() == expected.size());
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        // A return after the confirm of an entry in the middle counts too: never taken then.
        if (outcomes[i] == PublishOutcome::kTaken) {
          require(expected[i].state == '+' && !expected[i].returned);
        }
        require((outcomes[i] == PublishOutcome::kRefused) == (expected[i].state != '+'));
      }
      first_tag += expected.size();
      expected.clear();
    }
    require(window.is_complete() == (std::ranges::count(expected, '?', &Expected::state) == 0));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  FuzzedDataProvider provider(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      check_publication(provider);
      break;
    case 1:
      check_properties(text_of(data + 1, size - 1));
      break;
    default:
      check_window(provider);
  }
  return 0;
}
