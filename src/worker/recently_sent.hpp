// Which letters this process has sent lately, so that a job which comes again is settled and not
// sent again: its ack got lost with the connection, or its publisher never saw the confirm.
//
// Thread contract: all members may be called from any thread.
// A memory of the process only, and a bounded one: after a crash of the worker the letters that
// were in its hands are repeated, with the same Message-ID.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_set>

namespace postern {

class RecentlySent {
 public:
  explicit RecentlySent(std::size_t capacity) : capacity_(capacity) {}

  /// `body` is the job as it came: another letter under the same mail id is another letter.
  bool contains(const std::string& body) const {
    const std::lock_guard lock(mutex_);
    return known_.contains(fingerprint(body));
  }

  void add(const std::string& body) {
    const std::lock_guard lock(mutex_);
    if (!known_.insert(fingerprint(body)).second) return;
    order_.push_back(fingerprint(body));
    if (order_.size() <= capacity_) return;
    known_.erase(order_.front());
    order_.pop_front();
  }

 private:
  static std::size_t fingerprint(const std::string& body) { return std::hash<std::string>()(body); }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_set<std::size_t> known_;
  std::deque<std::size_t> order_;
};

}  // namespace postern
