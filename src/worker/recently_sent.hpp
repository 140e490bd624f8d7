// Remembers the emails that this process has sent lately or is about to send, so that a repeated
// job is not sent again: its ack got lost with the connection, or its publisher never saw the
// confirm.
//
// Thread contract: all members may be called from any thread.
// A memory of the process only, and a bounded one: after a crash of the worker the emails that
// were in flight are repeated, with the same Message-ID.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "worker/dispatcher.hpp"

namespace postern {

class RecentlySent {
 public:
  explicit RecentlySent(std::size_t capacity) : capacity_(capacity) {}

  enum class Before { kNothing, kInFlight, kSent };

  /// The email's earlier state. kNothing: it is in flight now, and end() is owed.
  /// kInFlight: it is kept here until end() is called for its twin.
  Before begin(const PendingMail& pending) {
    const std::lock_guard lock(mutex_);
    const auto print = fingerprint(pending);
    if (sent_.contains(print)) return Before::kSent;
    const auto [twins, first] = in_flight_.try_emplace(print);
    if (first) return Before::kNothing;
    twins->second.push_back(pending);
    return Before::kInFlight;
  }

  /// It is given back, and begun anew some time; as are its twins.
  std::vector<PendingMail> cancel(const PendingMail& pending) { return end(pending, false); }

  /// The twins that came meanwhile: their outcome is the same.
  std::vector<PendingMail> end(const PendingMail& pending, bool sent) {
    const std::lock_guard lock(mutex_);
    const auto print = fingerprint(pending);
    auto twins = in_flight_.extract(print);
    if (sent && sent_.insert(print).second) remember(print);
    return twins.empty() ? std::vector<PendingMail>() : std::move(twins.mapped());
  }

 private:
  /// Of the job as it came: another email under the same mail id is another email.
  static std::size_t fingerprint(const PendingMail& pending) {
    return std::hash<std::string>()(pending.body);
  }

  void remember(std::size_t print) {
    order_.push_back(print);
    if (order_.size() <= capacity_) return;
    sent_.erase(order_.front());
    order_.pop_front();
  }

  const std::size_t capacity_;
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::vector<PendingMail>> in_flight_;
  std::unordered_set<std::size_t> sent_;
  std::deque<std::size_t> order_;
};

}  // namespace postern
