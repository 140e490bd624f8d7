// PostgresStore: clients, and the assertions that they used.
#include "base/oidc_limits.hpp"
#include "store_sql/account_tables.hpp"
#include "store_sql/postgres_store.hpp"

namespace postern {

Result<std::vector<Client>> PostgresStore::clients() {
  send(PostgresSql::kClients);
  return receive_rows<ClientTable>();
}

Status PostgresStore::put_client(const Client& client) {
  send(PostgresSql::kRemoveClient, PostgresParameters::of(client.id));
  send(PostgresSql::kInsertClient, PostgresParameters().table<ClientTable>(std::span(&client, 1)));
  return done();
}

Status PostgresStore::remove_client(const std::string& id) {
  send(PostgresSql::kRemoveClient, PostgresParameters::of(id));
  return done();
}

Result<bool> PostgresStore::use_assertion(const std::string& key, TimePoint expires_at,
                                          TimePoint now) {
  send(PostgresSql::kRemoveAssertions, PostgresParameters::of(now, limits::kAssertionsRemoved));
  send(PostgresSql::kUseAssertion, PostgresParameters::of(key, expires_at, now));
  auto results = receive();
  if (!results) return results.error();
  return results->back().affected() == 1;
}

}  // namespace postern
