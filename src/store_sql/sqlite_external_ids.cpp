// SqliteStore: ids of other systems.
#include "store_sql/row_codec.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Result<std::vector<ExternalId>> SqliteStore::read_external_ids(SqliteSql which,
                                                               std::span<const std::string> keys) {
  if (auto checked = check_text(keys); !checked) return checked.error();
  std::vector<ExternalId> ids;
  auto& find = statement(which);
  for (const auto& key : keys) {
    find.bind(key);
    const int code = find.each_row([&](const SqliteStatement& row) {
      ids.push_back({std::string(row.text(0)), std::string(row.text(1))});
    });
    if (code != SQLITE_DONE) return failure();
  }
  return ids;
}

Result<std::vector<ExternalId>> SqliteStore::find_external_ids(
    std::span<const std::string> external_ids) {
  return read_external_ids(SqliteSql::kFindExternalId, external_ids);
}

Result<std::vector<ExternalId>> SqliteStore::external_ids_of(
    std::span<const std::string> account_ids) {
  return read_external_ids(SqliteSql::kExternalIdOf, account_ids);
}

Status SqliteStore::add_external_ids(std::span<const ExternalId> ids) {
  if (auto checked = check_text(ids); !checked) return checked;
  for (const auto& id : ids) {
    auto added = account_status(run(SqliteSql::kAddExternalId, id.account_id, id.external_id));
    if (!added) return added;
  }
  return {};
}

}  // namespace postern
