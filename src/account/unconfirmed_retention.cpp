#include "account/unconfirmed_retention.hpp"

#include <future>
#include <utility>
#include <vector>

#include "account/account_change.hpp"
#include "account/announce.hpp"
#include "account/audit.hpp"
#include "base/limits.hpp"

namespace postern {
namespace {

/// In the audit trail, where a request's id stands.
constexpr const char* kRequestId = "unconfirmed retention";

bool is_stale(const Account& account, TimePoint before) {
  return account.state == AccountState::kUnconfirmed && account.created_at < before &&
         account.updated_at < before;
}

struct Page {
  std::vector<Account> stale;
  /// The last account's id; empty: this was the last page.
  std::string last;
};

Result<Page> read_page(Writer& writer, const std::string& after, TimePoint before) {
  Page page;
  const auto limit = static_cast<std::size_t>(limits::kRetentionBatch);
  const auto status = writer.run([&](Store& store) -> Status {
    page = {};
    auto accounts = store.list_accounts({after, {}, limit});
    if (!accounts) return accounts.error();
    for (auto& account : *accounts) {
      if (!is_stale(account, before)) continue;
      const auto mails = store.find_mail_states(account.id, 1);
      if (!mails) return mails.error();
      if (!mails->empty() && mails->front().changed_at >= before) continue;
      page.stale.push_back(account);
    }
    if (accounts->size() == limit) page.last = accounts->back().id;
    return {};
  });
  if (!status) return status.error();
  return page;
}

/// An account that has changed since it was read stays for now.
Status delete_one(AccountServices& services, const Account& seen) {
  std::promise<Status> answer;
  Operation operation;
  operation.account = {AccountRef::By::kId, seen.id};
  operation.reads_sessions = true;
  operation.decide = [&services, &seen](const AccountView& view) {
    const Account* current = view.account;
    Changes changes;
    if (!current || current->revision != seen.revision) return Result<Changes>(changes);
    const TimePoint now = services.clock.now();
    changes.remove_account = true;
    changes.audit.push_back(audit_entry("delete", "done", seen.id, {kRequestId, {}}, now));
    announce(services, changes, {"account.deleted", current->id, {}, now});
    announce_revoked(services, changes, view.sessions, {}, now);
    return Result<Changes>(std::move(changes));
  };
  operation.done = [&answer](Status status) { answer.set_value(std::move(status)); };
  services.writer.submit(std::move(operation));
  return answer.get_future().get();
}

}  // namespace

Result<bool> UnconfirmedRetention::run_once() {
  // After an error the walk begins again.
  const std::string after = std::exchange(after_, {});
  auto page = read_page(services_.writer, after, services_.clock.now() - retention_);
  if (!page) return page.error();
  for (const auto& account : page->stale) {
    if (auto deleted = delete_one(services_, account); !deleted) return deleted.error();
  }
  after_ = std::move(page->last);
  return !after_.empty();
}

}  // namespace postern
