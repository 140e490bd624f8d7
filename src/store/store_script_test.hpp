// What a scripted store holds, and where it fails.
#pragma once

#include <atomic>
#include <future>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "model/account.hpp"

namespace postern {

struct StoreState {
  std::map<std::string, Account> accounts;  // by key
  std::vector<std::string> outbox;
};

/// Shared with the test; read it while the writer is idle only.
struct StoreScript {
  StoreState committed;
  std::vector<std::size_t> batch_sizes;
  std::set<std::string> refused_keys;
  /// What the store throws for: a step's name (begin, find, commit, rollback, sync), or "write"
  /// and an account's key.
  std::set<std::string> throwing;
  int conflicts = 0;
  bool unreachable = false;
  bool commit_fails = false;
  std::promise<void>* commit_reached = nullptr;
  std::shared_future<void> commit_allowed;
  bool defers_sync = false;
  std::atomic<bool> sync_fails = false;
  std::atomic<int> syncs = 0;
  std::promise<void>* sync_reached = nullptr;
  std::shared_future<void> sync_allowed;
  int restarts = 0;
};

}  // namespace postern
