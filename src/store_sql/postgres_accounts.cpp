// PostgresStore: accounts, and the ids that they have in other systems.
#include "store_sql/account_tables.hpp"
#include "store_sql/postgres_store.hpp"

namespace postern {

Result<std::vector<Account>> PostgresStore::find_accounts(std::span<const AccountRef> refs) {
  std::vector<std::string_view> keys;
  std::vector<std::string_view> ids;
  for (const auto& ref : refs) {
    (ref.by == AccountRef::By::kId ? ids : keys).push_back(ref.value);
  }
  send(PostgresSql::kFindAccounts, PostgresParameters().array(keys).array(ids));
  return receive_rows<AccountTable>();
}

Result<std::vector<Account>> PostgresStore::list_accounts(const AccountPage& page) {
  const auto state = page.state ? to_string(*page.state) : std::string_view();
  send(PostgresSql::kListAccounts, PostgresParameters::of(page.after, state, page.limit));
  return receive_rows<AccountTable>();
}

void PostgresStore::send_accounts(const WriteBatch& batch) {
  // First: an address that is free again may be taken by the same batch.
  if (!batch.removals.empty()) {
    send(PostgresSql::kRemoveAccounts,
         PostgresParameters()
             .array(batch.removals, &Account::id)
             .array(batch.removals, &Account::revision),
         batch.removals.size());
  }
  if (!batch.inserts.empty()) {
    send(PostgresSql::kInsertAccounts, PostgresParameters().table<AccountTable>(batch.inserts),
         batch.inserts.size());
  }
  if (!batch.updates.empty()) {
    send(PostgresSql::kUpdateAccounts, PostgresParameters().table<AccountTable>(batch.updates),
         batch.updates.size());
  }
}

Result<std::vector<ExternalId>> PostgresStore::find_external_ids(
    std::span<const std::string> external_ids) {
  send(PostgresSql::kFindExternalIds, PostgresParameters().array(external_ids));
  return receive_rows<ExternalIdTable>();
}

Result<std::vector<ExternalId>> PostgresStore::external_ids_of(
    std::span<const std::string> account_ids) {
  send(PostgresSql::kExternalIdsOf, PostgresParameters().array(account_ids));
  return receive_rows<ExternalIdTable>();
}

Status PostgresStore::add_external_ids(std::span<const ExternalId> ids) {
  if (ids.empty()) return {};
  send(PostgresSql::kAddExternalIds, PostgresParameters().table<ExternalIdTable>(ids), ids.size());
  return done();
}

}  // namespace postern
