// PostgresStore: ids of other systems.
#include "store_sql/postgres_external_id_statements.hpp"
#include "store_sql/postgres_store.hpp"
#include "store_sql/row_codec.hpp"

namespace postern {
namespace {

namespace sql = postgres_sql;

PostgresParameters texts_of(std::span<const std::string> texts) {
  PostgresParameters parameters;
  parameters.texts(texts, [](const std::string& text) { return std::string_view(text); });
  return parameters;
}

}  // namespace

Result<std::vector<ExternalId>> PostgresStore::receive_external_ids() {
  auto results = receive();
  if (!results) return results.error();
  std::vector<ExternalId> ids;
  const auto& found = results->front();
  for (int row = 0; row < found.rows(); ++row) {
    const RowView view{found, row};
    ids.push_back({std::string(view.text(0)), std::string(view.text(1))});
  }
  return ids;
}

Result<std::vector<ExternalId>> PostgresStore::find_external_ids(
    std::span<const std::string> external_ids) {
  if (auto checked = check_text(external_ids); !checked) return checked.error();
  send(sql::kFindExternalIds, texts_of(external_ids));
  return receive_external_ids();
}

Result<std::vector<ExternalId>> PostgresStore::external_ids_of(
    std::span<const std::string> account_ids) {
  if (auto checked = check_text(account_ids); !checked) return checked.error();
  send(sql::kExternalIdsOf, texts_of(account_ids));
  return receive_external_ids();
}

Status PostgresStore::add_external_ids(std::span<const ExternalId> ids) {
  if (auto checked = check_text(ids); !checked) return checked;
  if (ids.empty()) return {};
  PostgresParameters parameters;
  parameters.texts(ids, [](const ExternalId& id) { return std::string_view(id.account_id); })
      .texts(ids, [](const ExternalId& id) { return std::string_view(id.external_id); });
  send(sql::kAddExternalIds, parameters);
  auto results = receive();
  if (!results) return results.error();
  if (results->front().affected() == static_cast<std::int64_t>(ids.size())) return {};
  return Error{store_error::kConflict, Retry::kLater, "an external id is taken"};
}

}  // namespace postern
