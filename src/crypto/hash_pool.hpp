// Bounded hashing: as many threads as cores, at low priority, behind a bounded queue.
//
// Thread contract: submit() from any thread; `done` runs on a pool thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace postern {

class HashPool {
 public:
  HashPool(std::size_t threads, std::size_t queue_limit);
  ~HashPool();

  /// False when the queue is full: nothing is called then, and the caller answers 503.
  [[nodiscard]] bool hash(Secret password, std::function<void(Result<std::string>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
