#include "http/io_thread.hpp"

#include <algorithm>

namespace postern {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// A deadline is noticed this much late at most: an eighth of the shortest time-out.
milliseconds sweep_period_for(const ServerTimeouts& timeouts) {
  const milliseconds shortest =
      std::min({timeouts.header, timeouts.body, timeouts.request, timeouts.response, timeouts.write,
                timeouts.idle, timeouts.drain});
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
      responses_(
          std::make_shared<ResponseQueue>([this] { post([this] { responses_->deliver(); }); })) {}

IoThread::~IoThread() {
  responses_->close();
  // Connections that are left go with the loop, when there is nothing more to be finished.
  draining_ = false;
}

void IoThread::adopt(Socket socket) {
  if (draining_) return;
  const IpAddress peer = address_of(socket);
  auto& client = shared_.caps.enter(peer, shared_.handler.is_trusted_proxy(peer));
  if (!has_room(client)) return shared_.caps.leave(client);
  start_connection(*this, std::move(socket), peer, client);
}

/// The newcomer is served where another connection can be closed: under a flood of connections that
/// say nothing, those that send a request soon are the ones to keep.
bool IoThread::has_room(ConnectionCaps::Client& client) {
  if (shared_.caps.over(client) && !evict_own(client)) {
    shared_.caps.count(ConnectionCaps::Cap::kClient);
    return false;
  }
  if (shared_.caps.over_total() && !evict()) {
    shared_.caps.count(ConnectionCaps::Cap::kTotal);
    return false;
  }
  return true;
}

bool IoThread::evict() {
  const SteadyTime idle_since = steady_clock::now() - shared_.timeouts.eviction;
  candidates_.clear();
  for (OpenConnection* connection : open_) {
    if (connection->waiting_for() == WaitingFor::kResponse) continue;
    const bool long_idle = connection->waiting_for() == WaitingFor::kNextRequest &&
                           connection->waiting_since() <= idle_since;
    const auto& client = connection->client();
    candidates_.push_back(
        {connection, long_idle, client.key.trusted ? 1 : client.connections.load()});
  }
  return close_first(open_.size() / limits::kEvictedPart);
}

/// Of a client that has its share, only what has waited for a while: two busy programs behind one
/// address must not close each other's connections.
bool IoThread::evict_own(ConnectionCaps::Client& client) {
  const SteadyTime now = steady_clock::now();
  if (now.time_since_epoch().count() < client.searched_until) return false;
  candidates_.clear();
  for (OpenConnection* connection : open_) {
    if (connection->waiting_for() == WaitingFor::kResponse || &connection->client() != &client ||
        connection->waiting_since() > now - shared_.timeouts.eviction) {
      continue;
    }
    const bool idle = connection->waiting_for() == WaitingFor::kNextRequest;
    candidates_.push_back({connection, idle, 0});
  }
  if (close_first(shared_.caps.max_per_client() / limits::kEvictedPart)) return true;
  const SteadyTime next =
      now + std::min<milliseconds>(limits::kEvictionPause, shared_.timeouts.eviction);
  client.searched_until = next.time_since_epoch().count();
  return false;
}

/// The first `count` of candidates_, at least one; false when there is none.
bool IoThread::close_first(std::size_t count) {
  count = std::min(std::max<std::size_t>(count, 1), candidates_.size());
  const auto goes_before = [](const Candidate& a, const Candidate& b) {
    if (a.long_idle != b.long_idle) return a.long_idle;
    if (a.client_connections != b.client_connections) {
      return a.client_connections > b.client_connections;
    }
    return a.connection->waiting_since() < b.connection->waiting_since();
  };
  const auto end = candidates_.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(candidates_.begin(), end, candidates_.end(), goes_before);
  for (auto candidate = candidates_.begin(); candidate != end; ++candidate) {
    OpenConnection& connection = *candidate->connection;
    const WaitingFor waiting_for = connection.waiting_for();
    shared_.caps.count(waiting_for == WaitingFor::kNextRequest ? ConnectionCaps::Evicted::kKeepAlive
                       : waiting_for == WaitingFor::kRequest   ? ConnectionCaps::Evicted::kRequest
                                                             : ConnectionCaps::Evicted::kResponse);
    connection.close();
  }
  return count > 0;
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

}  // namespace postern
