#include "account/unconfirmed_retention.hpp"

#include <pthread.h>

#include <future>
#include <utility>
#include <vector>

#include "account/account_change.hpp"
#include "account/announce.hpp"
#include "account/audit.hpp"
#include "base/barrier.hpp"
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
  const auto limit = static_cast<std::size_t>(limits::kPruneBatch);
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

/// What was read may have changed since: then it stays for now.
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

Status delete_unconfirmed(AccountServices& services, Duration retention,
                          const std::function<bool()>& go_on) {
  const TimePoint before = services.clock.now() - retention;
  std::string after;
  do {
    const auto page = read_page(services.writer, after, before);
    if (!page) return page.error();
    for (const auto& account : page->stale) {
      if (auto deleted = delete_one(services, account); !deleted) return deleted;
    }
    after = page->last;
  } while (!after.empty() && go_on());
  return {};
}

UnconfirmedRetention::UnconfirmedRetention(AccountServices& services, Duration retention,
                                           Logger& log)
    : services_(services), retention_(retention), log_(log), thread_([this] { loop(); }) {
  pthread_setname_np(thread_.native_handle(), "unconfirmed");
}

UnconfirmedRetention::~UnconfirmedRetention() {
  stopping_ = true;
  stop_signal_.notify();
  thread_.join();
}

void UnconfirmedRetention::loop() {
  do {
    const auto done = guarded([&] {
      return delete_unconfirmed(services_, retention_, [&] { return pause(limits::kPrunePause); });
    });
    if (!done && !stopping_) {
      log_.warn("unconfirmed accounts could not be deleted", done.error());
    }
  } while (pause(limits::kPruneRound));
}

bool UnconfirmedRetention::pause(std::chrono::steady_clock::duration time) {
  const auto seen = stop_signal_.generation();
  if (!stopping_) stop_signal_.wait(seen, std::chrono::steady_clock::now() + time);
  return !stopping_;
}

}  // namespace postern
