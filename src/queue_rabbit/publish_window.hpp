// One window of publications, counted by their item: a row of the outbox or a delivery is done when
// all that was published for it was taken.
//
// An event without a bound queue is not worth its way through the exchanges. The first event of
// each type in a window is mandatory, so that the broker returns it when no queue takes it; while
// it does, the others of its type wait for the next such answer: they are published in the same
// window when a queue takes it now, and dropped when none does. A bound queue misses nothing.
//
// Thread contract: belongs to the holder of the connection's lock, and does not outlive that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "queue_rabbit/rabbit_connection.hpp"

namespace postern {

/// A message to the events' exchange; the routing key is its type.
struct OutgoingEvent {
  std::string id;
  std::string type;
  std::string body;
  std::int64_t timestamp_s = 0;
  std::vector<MessageHeader> headers;
};

/// The types of event that a queue took when last asked; a type that was not asked about counts
/// as taken.
class EventAudience {
 public:
  bool listens(std::string_view type) const;
  void heard(const std::string& type, bool taken) { listens_[type] = taken; }

 private:
  std::map<std::string, bool, std::less<>> listens_;
};

class PublishWindow {
 public:
  /// `audience` is needed for events only.
  explicit PublishWindow(RabbitConnection& connection, EventAudience* audience = nullptr)
      : connection_(connection), audience_(audience) {}

  /// Publications from now on are for the next item.
  void begin_item() { ++items_; }
  Status publish(const OutgoingMessage& message);
  Status publish_event(OutgoingEvent event);
  /// Waits for the confirms. Per item, in order: whether all of it was taken.
  Result<std::vector<bool>> finish(RabbitConnection::Deadline deadline);

 private:
  struct Sent {
    std::size_t item;
    /// The type of an event that was sent to learn whether a queue takes it.
    std::string asked;
  };
  struct Held {
    std::size_t item;
    OutgoingEvent event;
  };

  Status send_event(std::size_t item, const OutgoingEvent& event, bool asks);
  Status confirm(std::vector<bool>& taken, RabbitConnection::Deadline deadline);

  RabbitConnection& connection_;
  EventAudience* audience_;
  std::size_t items_ = 0;
  std::vector<Sent> sent_;
  std::vector<Held> held_;
  /// Types that this window has asked about.
  std::set<std::string, std::less<>> asked_;
};

}  // namespace postern
