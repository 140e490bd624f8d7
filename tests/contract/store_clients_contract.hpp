// What every store must do with clients, their grants and consents, and used assertions.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_sessions_contract.hpp"

namespace postern {

inline Client make_client(const std::string& name) {
  Client client;
  client.id = "client-" + name;
  client.name = "Acme Notes «" + name + "»";
  client.url = "https://notes.example";
  client.authentication = ClientAuthentication::kSecret;
  client.secret_hash = "hash of " + name;
  client.previous_secret_hash = "older hash";
  client.previous_secret_until = kNoon + minutes(3);
  client.jwks = R"({"keys":[]})";
  client.redirect_uris = {"https://notes.example/callback", "http://127.0.0.1/callback"};
  client.post_logout_redirect_uris = {"https://notes.example/"};
  client.resource = "https://api.notes.example";
  client.third_party = true;
  client.created_at = kNoon;
  client.updated_at = kNoon + seconds(1);
  return client;
}

inline bool operator==(const Client& a, const Client& b) {
  const auto all = [](const Client& client) {
    return std::tie(client.id, client.name, client.url, client.authentication, client.secret_hash,
                    client.previous_secret_hash, client.previous_secret_until, client.jwks,
                    client.redirect_uris, client.post_logout_redirect_uris, client.resource,
                    client.third_party, client.created_at, client.updated_at);
  };
  return all(a) == all(b);
}

template <class Database>
class StoreClientsContract : public StoreSessionsContract<Database> {
 protected:
  std::string put(const Client& client) {
    return this->transact([&](Store& store) { return store.put_client(client); });
  }

  std::vector<Client> clients() {
    std::vector<Client> clients;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto found = store.clients();
      if (!found) return found.error();
      clients = *std::move(found);
      return {};
    }),
              "");
    return clients;
  }

  bool use(const std::string& key, TimePoint expires_at, TimePoint now) {
    bool used = false;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto result = store.use_assertion(key, expires_at, now);
      if (!result) return result.error();
      used = *result;
      return {};
    }),
              "");
    return used;
  }
};
TYPED_TEST_SUITE_P(StoreClientsContract);

TYPED_TEST_P(StoreClientsContract, a_client_comes_back_as_it_was_put) {
  Client plain = make_client("b");
  plain.authentication = ClientAuthentication::kNone;
  plain.redirect_uris = {};
  plain.third_party = false;
  ASSERT_EQ(this->put(plain), "");
  ASSERT_EQ(this->put(make_client("a")), "");
  EXPECT_EQ(this->clients(), (std::vector{make_client("a"), plain}));
}

TYPED_TEST_P(StoreClientsContract, a_client_is_replaced_and_removed) {
  ASSERT_EQ(this->put(make_client("a")), "");
  Client changed = make_client("a");
  changed.authentication = ClientAuthentication::kPrivateKeyJwt;
  changed.name = "Acme";
  ASSERT_EQ(this->put(changed), "");
  EXPECT_EQ(this->clients(), std::vector{changed});
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_EQ(this->transact([](Store& store) { return store.remove_client("client-a"); }), "");
    EXPECT_TRUE(this->clients().empty());
  }
}

TYPED_TEST_P(StoreClientsContract, an_assertion_is_used_once_until_it_expires) {
  EXPECT_TRUE(this->use("a", kNoon + minutes(1), kNoon));
  EXPECT_FALSE(this->use("a", kNoon + minutes(2), kNoon + seconds(59)));
  EXPECT_TRUE(this->use("b", kNoon + minutes(1), kNoon));
  EXPECT_TRUE(this->use("a", kNoon + minutes(5), kNoon + minutes(1)));
  EXPECT_FALSE(this->use("a", kNoon + minutes(9), kNoon + minutes(4)));
}

TYPED_TEST_P(StoreClientsContract, grants_and_consents_stand_in_their_rows) {
  Account account = make_account("a");
  account.consents = {{"client-a", "openid email", kNoon}, {"client-b", "openid", kNoon}};
  Session session = make_session("a", "a");
  session.grants = {{"grant-1",
                     "client-a",
                     "openid offline_access",
                     kNoon,
                     kNoon + seconds(1),
                     "hash",
                     {kNoon + seconds(2)},
                     false},
                    {"grant-2", "client-b", "openid", kNoon, kNoon, "", {}, true}};
  ASSERT_EQ(this->write({.inserts = {account}, .sessions = {.inserts = {session}}}), "");
  const auto stored = this->sessions_of({"a"}).at(0);
  ASSERT_EQ(stored.grants.size(), 2u);
  const auto& first = stored.grants[0];
  EXPECT_EQ(first.id, "grant-1");
  EXPECT_EQ(first.client_id, "client-a");
  EXPECT_EQ(first.scope, "openid offline_access");
  EXPECT_EQ(first.created_at, kNoon);
  EXPECT_EQ(first.last_used_at, kNoon + seconds(1));
  EXPECT_EQ(first.token_hash, "hash");
  EXPECT_EQ(first.rotations, std::vector{kNoon + seconds(2)});
  EXPECT_FALSE(first.revoked);
  EXPECT_TRUE(stored.grants[1].revoked);
  const auto consents = this->find({{AccountRef::By::kId, account.id}}).at(0).consents;
  ASSERT_EQ(consents.size(), 2u);
  EXPECT_EQ(consents[0].client_id, "client-a");
  EXPECT_EQ(consents[0].scope, "openid email");
  EXPECT_EQ(consents[1].given_at, kNoon);
}

REGISTER_TYPED_TEST_SUITE_P(StoreClientsContract, a_client_comes_back_as_it_was_put,
                            a_client_is_replaced_and_removed,
                            an_assertion_is_used_once_until_it_expires,
                            grants_and_consents_stand_in_their_rows);

}  // namespace postern
