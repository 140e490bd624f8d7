// Deletes accounts that were not confirmed within their retention period: a walk page by page
// through all accounts, the oldest first.
//
// An account is deleted when it is unconfirmed, and its creation, its last change and its last
// email are all longer ago than the retention period: a link that is on its way keeps its account.
// There is no index by state, which every registration would pay for; hence the walk.
//
// Thread contract: one thread at a time, not the writer's. Several processes may do it at the same
// time.
#pragma once

#include <string>

#include "account/services.hpp"

namespace postern {

class UnconfirmedRetention {
 public:
  /// `services` outlives this.
  UnconfirmedRetention(AccountServices& services, Duration retention)
      : services_(services), retention_(retention) {}

  /// Looks at the next page. Returns whether more accounts follow in this walk; after the last page
  /// and after an error the next call begins a new one.
  Result<bool> run_once();

 private:
  AccountServices& services_;
  Duration retention_;
  /// The last account looked at; empty: at the beginning.
  std::string after_;
};

}  // namespace postern
