#include "account/audit.hpp"

#include "base/ids.hpp"

namespace postern {

AuditEntry audit_entry(std::string_view action, std::string_view outcome,
                       std::string_view account_id, const RequestContext& context, TimePoint now) {
  return {
      new_id(now),       now, std::string(action), std::string(outcome), std::string(account_id),
      context.request_id};
}

}  // namespace postern
