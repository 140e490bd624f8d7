// SqliteStore: clients, and the assertions that they used.
#include "base/oidc_limits.hpp"
#include "store_sql/account_tables.hpp"
#include "store_sql/sqlite_store.hpp"

namespace postern {

Result<std::vector<Client>> SqliteStore::clients() {
  std::vector<Client> clients;
  auto found = find_rows<ClientTable>(clients, SqliteSql::kClients);
  if (!found) return found.error();
  return clients;
}

Status SqliteStore::put_client(const Client& client) {
  if (auto removed = remove_client(client.id); !removed) return removed;
  return run_row<ClientTable>(SqliteSql::kInsertClient, client);
}

Status SqliteStore::remove_client(const std::string& id) {
  return run(SqliteSql::kRemoveClient, id);
}

Result<bool> SqliteStore::use_assertion(const std::string& key, TimePoint expires_at,
                                        TimePoint now) {
  auto removed = run(SqliteSql::kRemoveAssertions, now, limits::kAssertionsRemoved);
  if (!removed) return removed.error();
  auto used = run(SqliteSql::kUseAssertion, key, expires_at, now);
  if (!used) return used.error();
  return session_->db.changes() == 1;
}

}  // namespace postern
