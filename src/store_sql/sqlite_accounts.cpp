// SqliteStore: accounts, and the ids that they have in other systems.
#include <unordered_set>

#include "store_sql/account_tables.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Result<std::vector<Account>> SqliteStore::find_accounts(std::span<const AccountRef> refs) {
  std::vector<Account> accounts;
  for (const auto& ref : refs) {
    const auto by_id = ref.by == AccountRef::By::kId;
    const auto which = by_id ? SqliteSql::kFindAccount : SqliteSql::kFindAccountByKey;
    if (auto found = find_rows<AccountTable>(accounts, which, ref.value); !found) {
      return found.error();
    }
  }
  std::unordered_set<std::string> seen;
  std::erase_if(accounts, [&](const Account& account) { return !seen.insert(account.id).second; });
  return accounts;
}

Result<std::vector<Account>> SqliteStore::list_accounts(const AccountPage& page) {
  std::vector<Account> accounts;
  const auto state = page.state ? to_string(*page.state) : std::string_view();
  auto found =
      find_rows<AccountTable>(accounts, SqliteSql::kListAccounts, page.after, state, page.limit);
  if (!found) return found.error();
  return accounts;
}

Status SqliteStore::write_accounts(const WriteBatch& batch) {
  // First: an address that is free again may be taken by the same batch.
  for (const auto& account : batch.removals) {
    auto done = changed(run(SqliteSql::kRemoveAccount, account.id, account.revision));
    if (!done) return done;
  }
  for (const auto& account : batch.inserts) {
    auto done = inserted(run_row<AccountTable>(SqliteSql::kInsertAccount, account));
    if (!done) return done;
  }
  for (const auto& account : batch.updates) {
    auto done = changed(inserted(run_row<AccountTable>(SqliteSql::kUpdateAccount, account)));
    if (!done) return done;
  }
  return {};
}

Result<std::vector<ExternalId>> SqliteStore::find_external_ids(
    std::span<const std::string> external_ids) {
  std::vector<ExternalId> ids;
  for (const auto& id : external_ids) {
    auto found = find_rows<ExternalIdTable>(ids, SqliteSql::kFindExternalId, id);
    if (!found) return found.error();
  }
  return ids;
}

Result<std::vector<ExternalId>> SqliteStore::external_ids_of(
    std::span<const std::string> account_ids) {
  std::vector<ExternalId> ids;
  for (const auto& id : account_ids) {
    auto found = find_rows<ExternalIdTable>(ids, SqliteSql::kExternalIdOf, id);
    if (!found) return found.error();
  }
  return ids;
}

Status SqliteStore::add_external_ids(std::span<const ExternalId> ids) {
  for (const auto& id : ids) {
    auto done = inserted(run_row<ExternalIdTable>(SqliteSql::kAddExternalId, id));
    if (!done) return done;
  }
  return {};
}

}  // namespace postern
