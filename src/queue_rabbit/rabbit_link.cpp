#include "queue_rabbit/rabbit_link.hpp"

#include <pthread.h>

#include <utility>

namespace postern {

RabbitLink::RabbitLink(RabbitOptions options, std::string name, SetUp set_up, Logger& log)
    : options_(std::move(options)),
      name_(std::move(name)),
      set_up_(std::move(set_up)),
      log_(log),
      tender_([this] { tend(); }) {
  pthread_setname_np(tender_.native_handle(), "heartbeat");
}

RabbitLink::~RabbitLink() {
  {
    const std::lock_guard guard(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  tender_.join();
}

std::chrono::milliseconds RabbitLink::tend_interval() const {
  // Without heartbeats there is still what the broker says by itself.
  const auto beat = options_.heartbeat.count() > 0 ? options_.heartbeat : limits::kBrokerHeartbeat;
  return std::chrono::milliseconds(beat) / 4;
}

Status RabbitLink::open() {
  if (connection_) return {};
  auto opened = RabbitConnection::open(options_, name_);
  Status status = opened ? set_up_(**opened) : Status(opened.error());
  if (!status) {
    // Logged once per outage and cause, however often the owner retries.
    if (std::exchange(reported_, status.error().cause) != status.error().cause) {
      log_.warn("broker not usable", status.error());
    }
    return status;
  }
  connection_ = std::move(*opened);
  reported_.clear();
  log_.info("broker connected", {{"node", connection_->peer()}, {"as", name_}});
  return {};
}

void RabbitLink::drop(const Error& why) {
  if (!connection_) return;
  connection_.reset();
  log_.warn("broker connection ended", why);
}

void RabbitLink::tend() {
  std::unique_lock guard(mutex_);
  while (!ending_.wait_for(guard, tend_interval(), [this] { return ended_; })) {
    if (!connection_) continue;
    if (auto status = connection_->read_arrived(); !status) drop(status.error());
  }
}

}  // namespace postern
