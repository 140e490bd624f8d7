// Rows that go from their commit straight to the thread that sends them, without being claimed and
// read back. Such a row is committed with a lease of the taker's, so that no other process sends
// it; when the taker dies the lease ends and the row is claimed like any other.
//
//   writer ── admits? lease, commit ── put ─► take ── relay
//
// Thread contract: all members may be called from any thread; one thread leases, one puts.
// Holds limits::kHandedOver rows, and what was leased and has not reached the disk: what does not
// fit is committed without a lease.
#pragma once

#include <algorithm>
#include <deque>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "model/outbox_row.hpp"

namespace postern {

class OutboxHandOff {
 public:
  /// From now on rows are leased to `owner`.
  void open(const std::string& owner) {
    const std::lock_guard lock(mutex_);
    owner_ = owner;
  }

  /// No rows are taken any more; returns what is left.
  std::vector<OutboxRow> close() {
    const std::lock_guard lock(mutex_);
    owner_.clear();
    return drain(rows_.size());
  }

  /// Leases the rows and returns true, or leaves them for a claim.
  bool lease(std::vector<OutboxRow>& rows) {
    const std::lock_guard lock(mutex_);
    const bool later = std::any_of(rows.begin(), rows.end(), [](const OutboxRow& row) {
      return row.available_at > row.created_at;
    });
    if (owner_.empty() || later || rows_.size() + rows.size() > limits::kHandedOver) {
      left_ = left_ || !rows.empty();
      return false;
    }
    for (auto& row : rows) {
      row.leased_until = row.available_at + limits::kRelayLease;
      row.lease_owner = owner_;
    }
    return true;
  }

  /// After the commit of what lease() was true for. Rows that come when it is closed again are
  /// dropped here: they are free when their lease ends.
  void put(std::vector<OutboxRow> rows) {
    const std::lock_guard lock(mutex_);
    if (owner_.empty()) return;
    for (auto& row : rows) rows_.push_back(std::move(row));
  }

  std::vector<OutboxRow> take(std::size_t max) {
    const std::lock_guard lock(mutex_);
    return drain(std::min(max, rows_.size()));
  }

  /// Whether rows were left for a claim since the last call.
  bool take_left() {
    const std::lock_guard lock(mutex_);
    return std::exchange(left_, false);
  }

 private:
  std::vector<OutboxRow> drain(std::size_t count) {
    const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<OutboxRow> taken(std::make_move_iterator(rows_.begin()),
                                 std::make_move_iterator(end));
    rows_.erase(rows_.begin(), end);
    return taken;
  }

  std::mutex mutex_;
  std::string owner_;
  std::deque<OutboxRow> rows_;
  bool left_ = false;
};

}  // namespace postern
