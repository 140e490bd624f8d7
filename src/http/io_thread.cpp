#include "http/io_thread.hpp"

#include <algorithm>

namespace postern::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A deadline is noticed this much late at most: an eighth of the shortest time-out.
milliseconds sweep_period_for(const ServerTimeouts& timeouts) {
  const milliseconds shortest = std::min({timeouts.header, timeouts.body, timeouts.answer,
                                          timeouts.write, timeouts.idle, timeouts.drain});
  return std::clamp(shortest / 8, milliseconds(5), milliseconds(500));
}

IpAddress address_of(const Socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return {};
  if (endpoint.address().is_v6()) return IpAddress(endpoint.address().to_v6().to_bytes());
  const auto mapped =
      boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, endpoint.address().to_v4());
  return IpAddress(mapped.to_bytes());
}

}  // namespace

IoThread::IoThread(const ServerShared& shared)
    : shared_(shared),
      sweep_period_(sweep_period_for(shared.timeouts)),
      context_(1),
      work_(context_.get_executor()),
      sweep_timer_(context_),
      answers_(std::make_shared<AnswerQueue>([this] { post([this] { answers_->deliver(); }); })) {}

IoThread::~IoThread() {
  answers_->close();
  // Connections that are left go with the loop, when there is nothing more to be finished.
  draining_ = false;
}

void IoThread::adopt(Socket socket) {
  if (draining_) return;
  const IpAddress peer = address_of(socket);
  const bool trusted = shared_.dispatcher.is_trusted_proxy(peer);
  if (!shared_.caps.enter(peer, trusted)) return;
  // The newcomer is served: under a flood of connections that say nothing, those that speak at once
  // are the ones to keep.
  if (shared_.caps.over_total() && !close_longest_waiting()) {
    shared_.caps.leave(peer);
    return;
  }
  boost::system::error_code ignored;
  socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  start_connection(*this, std::move(socket), peer);
}

bool IoThread::close_longest_waiting() {
  OpenConnection* longest = nullptr;
  for (OpenConnection* connection : open_) {
    if (!connection->waiting()) continue;
    if (!longest || connection->waiting_since() < longest->waiting_since()) longest = connection;
  }
  if (longest) longest->close();
  return longest != nullptr;
}

IoThread::Registration IoThread::enter(OpenConnection& connection) {
  const auto registration = open_.insert(open_.end(), &connection);
  schedule_sweep();
  return registration;
}

void IoThread::leave(Registration registration) {
  open_.erase(registration);
  finish_when_drained();
}

void IoThread::drain() {
  if (draining_) return;
  draining_ = true;
  drain_deadline_ = steady_clock::now() + shared_.timeouts.drain;
  for (auto entry = open_.begin(); entry != open_.end();) {
    OpenConnection& connection = **entry++;
    if (connection.idle()) connection.close();
  }
  finish_when_drained();
}

void IoThread::finish_when_drained() {
  if (!draining_ || !open_.empty()) return;
  work_.reset();
  sweep_timer_.cancel();
}

void IoThread::schedule_sweep() {
  if (sweeping_ || open_.empty()) return;
  sweeping_ = true;
  sweep_timer_.expires_after(sweep_period_);
  sweep_timer_.async_wait([this](const boost::system::error_code&) {
    sweeping_ = false;
    sweep();
    schedule_sweep();
  });
}

void IoThread::sweep() {
  const SteadyTime now = steady_clock::now();
  for (auto entry = open_.begin(); entry != open_.end();) {
    OpenConnection& connection = **entry++;
    if (drain_deadline_ <= now) {
      connection.close();
    } else if (connection.deadline() <= now) {
      connection.on_deadline();
    }
  }
}

}  // namespace postern::http
