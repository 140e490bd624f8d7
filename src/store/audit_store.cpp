#include "store/audit_store.hpp"

#include "store/store.hpp"

namespace postern {

Result<AuditStore*> audit_trail(Store& store) {
  if (auto* found = dynamic_cast<AuditStore*>(&store)) return found;
  return Error{store_error::kUnavailable, Retry::kNever, "this store keeps no audit trail"};
}

}  // namespace postern
