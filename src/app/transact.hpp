// One transaction of an operator's command.
//
// Thread contract: for one thread. Failures throw StartError with a line for the operator.
#pragma once

#include "app/config.hpp"
#include "app/wiring.hpp"

namespace postern {

inline void require(const Status& status) {
  if (!status) throw StartError(status.error().cause);
}

/// `work` gets the store, and returns a Status.
template <class Work>
void transact(const Config& config, Work work) {
  const auto store = make_store(config, false);
  require(store->begin());
  const Status worked = work(*store);
  if (!worked) store->rollback();
  require(worked);
  require(store->commit());
}

}  // namespace postern
