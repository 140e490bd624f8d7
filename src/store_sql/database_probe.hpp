// Whether a database answers, is away, or refuses us: a server that still starts is worth waiting
// for, a wrong password is not.
//
// Thread contract: may be called from any thread; opens a connection of its own and closes it.
#pragma once

#include <string>

namespace postern {

struct DatabaseProbe {
  enum class State {
    kReady,
    /// Not reachable, or not yet ready to serve.
    kAway,
    /// The server is there, and does not let us in: user, password or database are wrong.
    kRefused,
  };
  State state = State::kReady;
  /// Whether a connection pooler stands before it.
  bool pooled = false;
  /// Why it is not ready; holds no password.
  std::string detail = {};
};

/// An SQLite file is always ready: opening it says what is wrong with it.
DatabaseProbe probe_database(const std::string& database_url);

}  // namespace postern
