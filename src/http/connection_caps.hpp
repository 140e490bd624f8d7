// Limits the connections, in all and from one client, and counts the refused and closed ones.
//
// Thread contract: all members may be called from any thread. A Client stays where it is while it
// has connections.
#pragma once

#include <atomic>
#include <chrono>
#include <compare>
#include <cstddef>
#include <map>
#include <mutex>

#include "http/client_address.hpp"
#include "http/connection_counts.hpp"

namespace postern {

class ConnectionCaps {
 public:
  struct Key {
    /// An IPv4 address, or the /64 of an IPv6 one.
    IpAddress::Bytes network;
    /// The connections of a trusted proxy belong to many people, so they have no cap of their own;
    /// others in its network do.
    bool trusted;
    auto operator<=>(const Key&) const = default;
  };
  struct Client {
    explicit Client(const Key& its_key) : key(its_key) {}

    const Key key;
    std::atomic<std::size_t> connections = 0;
    /// Before this (steady clock) none of its connections was worth looking at.
    std::atomic<std::chrono::steady_clock::rep> searched_until = 0;
  };
  enum class Cap { kClient, kTotal };
  enum class Evicted { kKeepAlive, kRequest, kResponse };

  ConnectionCaps(std::size_t total, std::size_t per_client)
      : max_total_(total), max_per_client_(per_client) {}

  /// Counts a connection, also one too many.
  Client& enter(const IpAddress& address, bool trusted) {
    const std::lock_guard lock(mutex_);
    const Key key{address.limit_key().bytes(), trusted};
    Client& client = clients_.try_emplace(key, key).first->second;
    ++client.connections;
    ++total_;
    return client;
  }

  void leave(Client& client) {
    const std::lock_guard lock(mutex_);
    --total_;
    if (--client.connections == 0) clients_.erase(Key(client.key));
  }

  bool over_total() const { return total_ > max_total_; }
  bool over(const Client& client) const {
    return !client.key.trusted && client.connections > max_per_client_;
  }
  std::size_t max_per_client() const { return max_per_client_; }

  void count(Cap refused) { ++(refused == Cap::kClient ? refused_client_ : refused_total_); }
  void count(Evicted evicted) {
    ++(evicted == Evicted::kKeepAlive ? evicted_keep_alive_
       : evicted == Evicted::kRequest ? evicted_request_
                                      : evicted_response_);
  }
  ConnectionCounts counts() const {
    return {.open = total_,
            .refused_client = refused_client_,
            .refused_total = refused_total_,
            .evicted_keep_alive = evicted_keep_alive_,
            .evicted_request = evicted_request_,
            .evicted_response = evicted_response_};
  }

 private:
  using Count = std::atomic<std::uint64_t>;

  const std::size_t max_total_;
  const std::size_t max_per_client_;
  std::mutex mutex_;
  std::atomic<std::size_t> total_ = 0;
  std::map<Key, Client> clients_;
  Count refused_client_ = 0;
  Count refused_total_ = 0;
  Count evicted_keep_alive_ = 0;
  Count evicted_request_ = 0;
  Count evicted_response_ = 0;
};

}  // namespace postern
