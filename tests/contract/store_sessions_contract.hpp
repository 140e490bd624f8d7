// What every store must do with sessions, login throttles and signing keys.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

inline Session make_session(const std::string& name, const std::string& owner) {
  Session session;
  session.id = "session-" + name;
  session.account_id = "id-" + owner;
  session.kind = SessionKind::kCookie;
  session.methods = "pwd";
  session.created_at = kNoon;
  session.last_used_at = kNoon + seconds(1);
  session.expires_at = kNoon + minutes(2);
  session.token_hash = "hash of " + name;
  session.rotations = {kNoon + seconds(3), kNoon + seconds(4)};
  session.credential_version = 4;
  session.user_agent = "an agent";
  session.ip = "192.0.2.1";
  return session;
}

template <class Database>
class StoreSessionsContract : public StoreContract<Database> {
 protected:
  std::vector<Session> sessions_of(const std::vector<std::string>& names) {
    std::vector<std::string> ids;
    for (const auto& name : names) ids.push_back("id-" + name);
    std::vector<Session> sessions;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto found = store.find_sessions(ids);
      if (!found) return found.error();
      sessions = *std::move(found);
      return {};
    }),
              "");
    return sessions;
  }

  std::vector<std::string> names_of(const std::vector<std::string>& names) {
    std::vector<std::string> ids;
    for (const auto& session : sessions_of(names)) ids.push_back(session.id.substr(8));
    return ids;
  }

  LoginThrottle take(const std::string& key) {
    LoginThrottle throttle;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto taken = store.take_throttles(std::vector{key});
      if (!taken) return taken.error();
      throttle = taken->at(0);
      return {};
    }),
              "");
    return throttle;
  }

  std::string put(const LoginThrottle& throttle) {
    take(throttle.key);
    return this->transact([&](Store& store) { return store.put_throttles(std::vector{throttle}); });
  }

  std::vector<SigningKey> keys() {
    std::vector<SigningKey> keys;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto found = store.signing_keys();
      if (!found) return found.error();
      keys = *std::move(found);
      return {};
    }),
              "");
    return keys;
  }
};
TYPED_TEST_SUITE_P(StoreSessionsContract);

TYPED_TEST_P(StoreSessionsContract, a_session_comes_back_as_it_was_written) {
  const Session written = make_session("one", "anna");
  ASSERT_EQ(this->write({.sessions = {.inserts = {written}}}), "");
  const auto found = this->sessions_of({"anna", "unknown"});
  ASSERT_EQ(found.size(), 1u);
  const Session& read = found[0];
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.account_id, written.account_id);
  EXPECT_EQ(read.kind, written.kind);
  EXPECT_EQ(read.methods, written.methods);
  EXPECT_EQ(read.created_at, written.created_at);
  EXPECT_EQ(read.last_used_at, written.last_used_at);
  EXPECT_EQ(read.expires_at, written.expires_at);
  EXPECT_EQ(read.token_hash, written.token_hash);
  EXPECT_EQ(read.rotations, written.rotations);
  EXPECT_EQ(read.credential_version, written.credential_version);
  EXPECT_EQ(read.user_agent, written.user_agent);
  EXPECT_EQ(read.ip, written.ip);
  EXPECT_EQ(read.revision, 1);
}

TYPED_TEST_P(StoreSessionsContract, S2_an_update_applies_to_the_revision_that_was_read) {
  ASSERT_EQ(this->write({.sessions = {.inserts = {make_session("one", "anna")}}}), "");
  Session session = this->sessions_of({"anna"})[0];
  session.rotations.erase(session.rotations.begin());
  session.token_hash = "the next one";
  session.credential_version = 5;
  ASSERT_EQ(this->write({.sessions = {.updates = {session}}}), "");
  const Session read = this->sessions_of({"anna"})[0];
  EXPECT_EQ(read.token_hash, "the next one");
  EXPECT_EQ(read.rotations, std::vector<TimePoint>{kNoon + seconds(4)});
  EXPECT_EQ(read.credential_version, 5);
  EXPECT_EQ(this->write({.sessions = {.updates = {session}}}), store_error::kConflict);
  EXPECT_EQ(this->write({.audit = {make_entry("a")}, .sessions = {.updates = {session}}}),
            store_error::kConflict);
}

TYPED_TEST_P(StoreSessionsContract, S3_all_sessions_of_an_account_end_but_one) {
  ASSERT_EQ(this->write(
                {.sessions = {.inserts = {make_session("one", "anna"), make_session("two", "anna"),
                                          make_session("three", "anna"),
                                          make_session("four", "boris")}}}),
            "");
  ASSERT_EQ(this->write({.sessions = {.ends = {{"id-anna", "session-two"}}}}), "");
  EXPECT_THAT(this->names_of({"anna", "boris"}), testing::UnorderedElementsAre("two", "four"));
  ASSERT_EQ(this->write({.sessions = {.ends = {{"id-anna"}},
                                      .removals = {"session-four", "session-unknown"},
                                      .inserts = {make_session("five", "anna")}}}),
            "");
  EXPECT_THAT(this->names_of({"anna", "boris"}), ElementsAre("five"));
}

TYPED_TEST_P(StoreSessionsContract, T7_an_account_is_removed_at_the_revision_that_was_read) {
  ASSERT_EQ(this->write({.inserts = {make_account("anna")}}), "");
  const Account account = this->find({by_key("anna")})[0];
  Account stale = account;
  stale.revision = 7;
  EXPECT_EQ(this->write({.removals = {stale}}), store_error::kConflict);
  Account again = make_account("anna");
  again.id = "id-again";
  ASSERT_EQ(this->write({.inserts = {again}, .removals = {account}}), "");
  EXPECT_EQ(this->find({by_key("anna")})[0].id, "id-again");
  EXPECT_EQ(this->write({.removals = {account}}), store_error::kConflict);
}

TYPED_TEST_P(StoreSessionsContract, L1_a_throttle_is_made_kept_and_cleared) {
  EXPECT_EQ(this->take("key").failures, 0);
  ASSERT_EQ(this->put({"key", 7, kNoon}), "");
  EXPECT_EQ(this->take("key").failures, 7);
  EXPECT_EQ(this->take("key").next_at, kNoon);
  EXPECT_EQ(this->take("other").failures, 0);
  ASSERT_EQ(this->write({.sessions = {.cleared_throttles = {"key", "unknown"}}}), "");
  EXPECT_EQ(this->take("key").failures, 0);
}

TYPED_TEST_P(StoreSessionsContract, L1_throttles_are_taken_together_and_refunded) {
  const std::vector<std::string> keys{"b", "a"};
  ASSERT_EQ(this->transact([&](Store& store) -> Status {
    auto taken = store.take_throttles(keys);
    if (!taken) return taken.error();
    EXPECT_EQ(taken->at(0).key, "b");
    EXPECT_EQ(taken->at(1).key, "a");
    for (auto& throttle : *taken) throttle = {throttle.key, throttle.key == "a" ? 7 : 3, kNoon};
    return store.put_throttles(*taken);
  }),
            "");
  EXPECT_EQ(this->take("a").failures, 7);
  EXPECT_EQ(this->take("b").failures, 3);
  const auto later = kNoon + minutes(1);
  ASSERT_EQ(this->write({.sessions = {.cleared_throttles = {"b"},
                                      .refunds = {{"a", 2, later},
                                                  {"a", 4, later},
                                                  {"b", 1, later},
                                                  {"unknown", 1, later}}}}),
            "");
  EXPECT_EQ(this->take("a").failures, 1);
  EXPECT_EQ(this->take("a").next_at, later);
  EXPECT_EQ(this->take("b").failures, 0);
  ASSERT_EQ(this->write({.sessions = {.refunds = {{"a", 5, later}}}}), "");
  EXPECT_EQ(this->take("a").failures, 0);
}

TYPED_TEST_P(StoreSessionsContract, O2_signing_keys_are_listed_oldest_first) {
  ASSERT_EQ(this->transact([](Store& store) {
    return store.put_signing_key({"b", "ES256", "sealed", kNoon + seconds(1), kNoon});
  }),
            "");
  SigningKey key{"a", "ES256", "sealed too", kNoon, kNoon + minutes(1)};
  ASSERT_EQ(this->transact([&](Store& store) { return store.put_signing_key(key); }), "");
  key.retired_at = kNoon + minutes(2);
  key.revoked_at = kNoon + minutes(3);
  ASSERT_EQ(this->transact([&](Store& store) { return store.put_signing_key(key); }), "");
  const auto keys = this->keys();
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].kid, "a");
  EXPECT_EQ(keys[0].sealed, "sealed too");
  EXPECT_EQ(keys[0].activates_at, kNoon + minutes(1));
  EXPECT_EQ(keys[0].retired_at, kNoon + minutes(2));
  EXPECT_EQ(keys[0].revoked_at, kNoon + minutes(3));
  EXPECT_FALSE(keys[1].retired_at);
  EXPECT_FALSE(keys[1].revoked_at);
}

TYPED_TEST_P(StoreSessionsContract, S5_L6_what_has_expired_is_removed_a_bounded_number_at_once) {
  SessionChanges changes;
  for (int i = 0; i < 5; ++i) {
    changes.inserts.push_back(make_session(std::to_string(i), "anna"));
    changes.inserts.back().expires_at = kNoon + minutes(i);
    ASSERT_EQ(this->put({"key " + std::to_string(i), i, kNoon + minutes(i)}), "");
  }
  ASSERT_EQ(this->write({.sessions = changes}), "");
  std::int64_t removed = 0;
  const auto remove = [&](const ExpiredSessions& what) {
    return this->transact([&](Store& store) -> Status {
      const auto count = store.remove_expired_sessions(what);
      if (!count) return count.error();
      removed = *count;
      return {};
    });
  };
  ASSERT_EQ(remove({kNoon + minutes(3), kNoon + minutes(1), 100, 2}), "");
  EXPECT_EQ(this->names_of({"anna"}).size(), 3u) << "no more than two at once";
  EXPECT_EQ(removed, 2);
  ASSERT_EQ(remove({kNoon + minutes(3), kNoon + minutes(1), 100, 100}), "");
  EXPECT_THAT(this->names_of({"anna"}), testing::UnorderedElementsAre("3", "4"));
  // Over the number that is kept the ones go that were tried the longest ago.
  ASSERT_EQ(remove({kNoon, kNoon, 1, 100}), "");
  EXPECT_EQ(this->take("key 1").failures, 0);
  EXPECT_EQ(this->take("key 4").failures, 4);
}

REGISTER_TYPED_TEST_SUITE_P(StoreSessionsContract, a_session_comes_back_as_it_was_written,
                            S2_an_update_applies_to_the_revision_that_was_read,
                            S3_all_sessions_of_an_account_end_but_one,
                            T7_an_account_is_removed_at_the_revision_that_was_read,
                            L1_a_throttle_is_made_kept_and_cleared,
                            L1_throttles_are_taken_together_and_refunded,
                            O2_signing_keys_are_listed_oldest_first,
                            S5_L6_what_has_expired_is_removed_a_bounded_number_at_once);

}  // namespace postern
