// Which letters this process has sent lately or is about to send, so that a job which comes again
// is not sent again: its ack got lost with the connection, or its publisher never saw the confirm.
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

  enum class Before { kNothing, kInHand, kSent };

  /// What happened to the letter before. kNothing: it is in hand now, and end() is owed.
  /// `body` is the job as it came: another letter under the same mail id is another letter.
  Before begin(const std::string& body) {
    const std::lock_guard lock(mutex_);
    const auto print = fingerprint(body);
    if (sent_.contains(print)) return Before::kSent;
    return in_hand_.insert(print).second ? Before::kNothing : Before::kInHand;
  }

  void end(const std::string& body, bool sent) {
    const std::lock_guard lock(mutex_);
    const auto print = fingerprint(body);
    in_hand_.erase(print);
    if (!sent || !sent_.insert(print).second) return;
    order_.push_back(print);
    if (order_.size() <= capacity_) return;
    sent_.erase(order_.front());
    order_.pop_front();
  }

 private:
  static std::size_t fingerprint(const std::string& body) { return std::hash<std::string>()(body); }

  const std::size_t capacity_;
  std::mutex mutex_;
  std::unordered_set<std::size_t> in_hand_;
  std::unordered_set<std::size_t> sent_;
  std::deque<std::size_t> order_;
};

}  // namespace postern
