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
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "worker/letter_desk.hpp"

namespace postern {

class RecentlySent {
 public:
  explicit RecentlySent(std::size_t capacity) : capacity_(capacity) {}

  enum class Before { kNothing, kInHand, kSent };

  /// What happened to the letter before. kNothing: it is in hand now, and end() is owed. kInHand:
  /// it is kept here until end() is called for its twin.
  Before begin(const OpenLetter& letter) {
    const std::lock_guard lock(mutex_);
    const auto print = fingerprint(letter);
    if (sent_.contains(print)) return Before::kSent;
    const auto [twins, first] = in_hand_.try_emplace(print);
    if (first) return Before::kNothing;
    twins->second.push_back(letter);
    return Before::kInHand;
  }

  /// It is given back, and begun anew some time; as are its twins.
  std::vector<OpenLetter> cancel(const OpenLetter& letter) { return end(letter, false); }

  /// The twins that came meanwhile: their outcome is the same.
  std::vector<OpenLetter> end(const OpenLetter& letter, bool sent) {
    const std::lock_guard lock(mutex_);
    const auto print = fingerprint(letter);
    auto twins = in_hand_.extract(print);
    if (sent && sent_.insert(print).second) remember(print);
    return twins.empty() ? std::vector<OpenLetter>() : std::move(twins.mapped());
  }

 private:
  /// Of the job as it came: another letter under the same mail id is another letter.
  static std::size_t fingerprint(const OpenLetter& letter) {
    return std::hash<std::string>()(letter.body);
  }

  void remember(std::size_t print) {
    order_.push_back(print);
    if (order_.size() <= capacity_) return;
    sent_.erase(order_.front());
    order_.pop_front();
  }

  const std::size_t capacity_;
  std::mutex mutex_;
  std::unordered_map<std::size_t, std::vector<OpenLetter>> in_hand_;
  std::unordered_set<std::size_t> sent_;
  std::deque<std::size_t> order_;
};

}  // namespace postern
