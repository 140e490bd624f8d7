// One connection to the broker with a channel to publish on (with confirms) and one to consume on.
//
// Thread contract: belongs to one thread at a time; its owner locks.
// Nothing happens in the background: frames, heartbeats among them, are handled while a member
// waits. After an error the connection is of no more use.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "queue_rabbit/rabbit_message.hpp"
#include "queue_rabbit/rabbit_options.hpp"
#include "queue_rabbit/rabbit_socket.hpp"

namespace postern {

class RabbitConnection {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// Tries the hosts in turn, from a random one on; `name` is shown to the broker's operator.
  static Result<std::unique_ptr<RabbitConnection>> open(const RabbitOptions& options,
                                                        const std::string& name);
  ~RabbitConnection();
  RabbitConnection(const RabbitConnection&) = delete;
  RabbitConnection& operator=(const RabbitConnection&) = delete;

  /// "host:port" of the node.
  const std::string& peer() const;
  /// To poll on, when read() has found nothing more.
  int socket() const;
  /// The broker said that it takes no publications for now.
  bool is_blocked() const;

  /// Declarations are durable and idempotent; kTopology when something else has the name.
  Status declare_exchange(const std::string& name, const std::string& type);
  Status declare_queue(const std::string& name, std::span<const MessageHeader> arguments);
  Status bind_queue(const std::string& queue, const std::string& exchange,
                    const std::string& routing_key);

  /// Turns confirms on: once, before the first publish().
  Status select_confirms();
  /// Sends, with flush() at the latest; finish_window() returns what became of it.
  Status publish(const OutgoingMessage& message);
  Status flush();
  /// Flushes, and waits for the confirms of all that was published since the last call. Per
  /// publication: whether the broker has it. Error when they do not come in time or the connection
  /// breaks.
  Result<std::vector<PublishOutcome>> finish_window(Deadline deadline);

  /// A connection may consume from two queues. Each has a channel of its own, and with it a
  /// prefetch and a numbering of deliveries.
  enum class Consumer : std::uint8_t { kFirst, kSecond };
  /// Begins to consume with manual acks; deliveries gather in deliveries().
  Status consume(const std::string& queue, std::uint16_t prefetch,
                 Consumer consumer = Consumer::kFirst);
  std::deque<IncomingMessage>& deliveries(Consumer consumer = Consumer::kFirst);
  Status ack(std::uint64_t tag, bool multiple, Consumer consumer = Consumer::kFirst);
  /// The broker moves the message to the dead letters.
  Status reject(std::uint64_t tag, Consumer consumer = Consumer::kFirst);

  /// Waits until the broker has carried out all acks so far. A quorum queue takes some tens of them
  /// at once; with more under way than that, a connection that ends takes the rest back. Asks for
  /// one more message of the queue, which is answered in turn; if one comes it is among
  /// deliveries().
  Status flush_acks(const std::string& queue, Deadline deadline);
  struct QueueSize {
    std::int64_t messages = 0;
    std::int64_t consumers = 0;
  };
  /// The counts of ready messages and of consumers. The queue exists.
  Result<QueueSize> size_of(const std::string& queue);

  /// Handles the next frame; false when there was none until the deadline.
  Result<bool> read(Deadline deadline);
  /// Handles all frames that have arrived; sends a heartbeat when one is due.
  Status read_arrived();

  /// Says good-bye, so that all that was sent is handled before the connection ends.
  void close();

 private:
  struct Impl;
  explicit RabbitConnection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
