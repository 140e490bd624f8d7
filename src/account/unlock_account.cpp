#include "account/unlock_account.hpp"

#include <optional>

#include "account/audit.hpp"
#include "account/login_counts.hpp"
#include "base/limits.hpp"
#include "base/session_limits.hpp"

namespace postern {

Result<Unlocked> unlock_account(AccountServices& services, const AccountRef& ref,
                                const RequestContext& context) {
  std::optional<Unlocked> unlocked;
  const auto status = services.writer.run([&](Store& store) -> Status {
    unlocked.reset();
    const auto found = store.find_accounts(std::vector{ref});
    if (!found) return found.error();
    if (found->empty()) return {};
    const auto& account = found->front();
    const std::vector keys{account_throttle_key(account.email_key)};
    const auto throttles = store.take_throttles(keys);
    if (!throttles) return throttles.error();
    const auto failures = throttles->front().failures;
    unlocked = {failures, failures >= limits::kLoginFailures};
    WriteBatch batch;
    batch.sessions.cleared_throttles = keys;
    batch.audit.push_back(audit_entry("unlock", "done", account.id, context, services.clock.now()));
    return store.write(batch);
  });
  if (!status) return status.error();
  if (!unlocked) return Error{"not_found", Retry::kNever, "there is no such account"};
  return *unlocked;
}

}  // namespace postern
