// The clients as this process knows them: read from the database, at most limits::kClientsAge old.
//
// Thread contract: all members may be called from any thread; `done` from any thread, and must not
// block.
// Operators change clients while the server runs. So nothing is refused by what was read before the
// question: it is read again first. Questions that wait share one reading.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/client.hpp"
#include "store/writer.hpp"

namespace postern {

using ClientPtr = std::shared_ptr<const Client>;

class Clients {
 public:
  explicit Clients(Writer& writer) : writer_(writer) {}

  /// Judges a client; nullptr: there is none of that id.
  using Accept = std::function<Status(const Client*)>;
  using Done = std::function<void(Result<ClientPtr>)>;
  /// Errors: that of `accept`; store_unavailable, overloaded.
  void find(std::string id, Accept accept, Done done);

  /// Whether any public client may be used by a page of this origin: one of its redirect URIs has
  /// it. As last read.
  bool has_public_origin(std::string_view origin);

 private:
  using Set = std::vector<ClientPtr>;
  using SetPtr = std::shared_ptr<const Set>;
  using Reader = std::function<void(Result<SetPtr>)>;
  using SteadyTime = std::chrono::steady_clock::time_point;

  SetPtr recent();
  void read(Reader reader);
  void begin_reading();
  void end_reading(Result<SetPtr> set);

  Writer& writer_;
  std::mutex mutex_;
  SetPtr set_;
  SteadyTime read_at_;
  /// Of the reading under way, and of the one that follows it.
  std::vector<Reader> readers_;
  std::vector<Reader> next_readers_;
  bool reading_ = false;
};

}  // namespace postern
