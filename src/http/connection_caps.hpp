// How many connections there are, in all and from one address.
//
// Thread contract: all members may be called from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "http/client_address.hpp"

namespace postern::http {

class ConnectionCaps {
 public:
  ConnectionCaps(std::size_t total, std::size_t per_address)
      : max_total_(total), max_per_address_(per_address) {}

  /// Counts a connection; false (and not counted) when its address has too many already.
  bool enter(const IpAddress& address, bool trusted) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = counts_[address.limit_key().bytes()];
    if (!trusted && count >= max_per_address_) return false;
    ++count;
    ++total_;
    return true;
  }

  void leave(const IpAddress& address) {
    const std::lock_guard lock(mutex_);
    const auto entry = counts_.find(address.limit_key().bytes());
    if (--entry->second == 0) counts_.erase(entry);
    --total_;
  }

  /// More connections than there should be: one of them has to go.
  bool over_total() const {
    const std::lock_guard lock(mutex_);
    return total_ > max_total_;
  }

 private:
  const std::size_t max_total_;
  const std::size_t max_per_address_;
  mutable std::mutex mutex_;
  std::size_t total_ = 0;
  std::map<IpAddress::Bytes, std::size_t> counts_;
};

}  // namespace postern::http
