#include "store/external_id_store.hpp"

#include "store/store.hpp"

namespace postern {

Result<ExternalIdStore*> external_ids(Store& store) {
  if (auto* found = dynamic_cast<ExternalIdStore*>(&store)) return found;
  return Error{store_error::kUnavailable, Retry::kNever, "this store keeps no external ids"};
}

}  // namespace postern
