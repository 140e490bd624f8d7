#include "account/read_accounts.hpp"

#include <utility>

#include "base/limits.hpp"

namespace postern {

Result<std::vector<Account>> list_accounts(Writer& writer, const AccountPage& page) {
  std::vector<Account> accounts;
  const auto status = writer.run([&](Store& store) -> Status {
    auto listed = store.list_accounts(page);
    if (!listed) return listed.error();
    accounts = *std::move(listed);
    return {};
  });
  if (!status) return status.error();
  return accounts;
}

Result<AccountView> show_account(Writer& writer, const AccountRef& ref) {
  std::optional<AccountView> view;
  const auto status = writer.run([&](Store& store) -> Status {
    view.reset();
    auto found = store.find_accounts(std::vector{ref});
    if (!found) return found.error();
    if (found->empty()) return {};
    auto letters = store.find_mail_states(found->front().id, limits::kMailStatesShown);
    if (!letters) return letters.error();
    auto sessions = store.find_sessions(std::vector{found->front().id});
    if (!sessions) return sessions.error();
    view.emplace(AccountView{std::move(found->front()), *std::move(letters), *std::move(sessions)});
    return {};
  });
  if (!status) return status.error();
  if (!view) return Error{"not_found", Retry::kNever, "there is no such account"};
  return *std::move(view);
}

}  // namespace postern
