#include "account/read_accounts.hpp"

#include <utility>

#include "base/limits.hpp"
#include "store/external_id_store.hpp"

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

Result<ExternalIds> external_ids_of(Writer& writer, std::span<const Account> accounts) {
  std::vector<std::string> ids;
  for (const auto& account : accounts) ids.push_back(account.id);
  ExternalIds by_account;
  const auto status = writer.run([&](Store& store) -> Status {
    by_account.clear();
    const auto external = external_ids(store);
    if (!external) return external.error();
    const auto found = (*external)->external_ids_of(ids);
    if (!found) return found.error();
    for (const auto& id : *found) by_account.emplace(id.account_id, id.external_id);
    return {};
  });
  if (!status) return status.error();
  return by_account;
}

Result<std::optional<AccountRef>> find_by_external_id(Writer& writer,
                                                      const std::string& external_id) {
  std::optional<AccountRef> ref;
  const auto status = writer.run([&](Store& store) -> Status {
    ref.reset();
    const auto external = external_ids(store);
    if (!external) return external.error();
    const auto found = (*external)->find_external_ids(std::span(&external_id, 1));
    if (!found) return found.error();
    if (!found->empty()) ref = {AccountRef::By::kId, found->front().account_id};
    return {};
  });
  if (!status) return status.error();
  return ref;
}

Result<AccountDetails> show_account(Writer& writer, const AccountRef& ref) {
  std::optional<AccountDetails> view;
  const auto status = writer.run([&](Store& store) -> Status {
    view.reset();
    auto found = store.find_accounts(std::vector{ref});
    if (!found) return found.error();
    if (found->empty()) return {};
    auto mails = store.find_mail_states(found->front().id, limits::kMailStatesShown);
    if (!mails) return mails.error();
    auto sessions = store.find_sessions(std::vector{found->front().id});
    if (!sessions) return sessions.error();
    view.emplace(
        AccountDetails{std::move(found->front()), *std::move(mails), *std::move(sessions)});
    return {};
  });
  if (!status) return status.error();
  if (!view) return Error{"not_found", Retry::kNever, "there is no such account"};
  const auto external = external_ids_of(writer, std::span(&view->account, 1));
  if (!external) return external.error();
  if (!external->empty()) view->external_id = external->begin()->second;
  return *std::move(view);
}

}  // namespace postern
