// The entry of the audit that an operation leaves.
//
// Thread contract: a pure function.
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "model/account.hpp"
#include "model/audit_entry.hpp"
#include "model/request_context.hpp"

namespace postern {

/// `account_id`: empty when there is no such account.
AuditEntry audit_entry(std::string_view action, std::string_view outcome,
                       std::string_view account_id, const RequestContext& context, TimePoint now);

}  // namespace postern
