// What secure_restored() must do, on every database.
#pragma once

#include <thread>

#include "contract/store_contract.hpp"
#include "model/credential_version.hpp"
#include "store_sql/restored_database.hpp"
#include "store_sql/schema_session.hpp"

namespace postern {

template <class Database>
class RestoreContract : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(migrate(database_.url()));
    const auto store = *open_store(database_.url());
    ASSERT_TRUE(store->begin());
    Account anna = make_account("anna");
    anna.credential_version = 7;
    WriteBatch batch;
    batch.inserts = {anna, make_account("boris")};
    batch.outbox = {job("of-anna", R"({"v":1,"credential_version":7,"email":"a"})"),
                    job("earlier", R"({"v":1,"credential_version":3})"),
                    job("quoted", R"({"email":"\"credential_version\":7,"})"),
                    job("unreadable", "\"credential_version\":"), job("event", "")};
    Session session;
    session.id = "session";
    session.account_id = anna.id;
    batch.sessions.inserts = {session};
    ASSERT_TRUE(store->write(batch));
    ASSERT_TRUE(store->put_signing_key({"kid", "ES256", "sealed", kNoon, kNoon, {}, {}}));
    ASSERT_TRUE(store->commit());
    execute("UPDATE outbox SET dead_at = 1 WHERE id = 'earlier'");
    execute("UPDATE outbox SET leased_until = 5, lease_owner = 'a process' WHERE id = 'of-anna'");
  }

  static OutboxRow job(const std::string& id, const std::string& body) {
    OutboxRow row = make_mail(id);
    row.body = body;
    return row;
  }

  RestoreReport secure(TimePoint now, bool drop_mail = false) {
    const auto report = secure_restored(database_.url(), {now, drop_mail});
    EXPECT_TRUE(report) << report.error().cause;
    return report ? *report : RestoreReport{};
  }

  std::unique_ptr<SchemaSession> session() {
    return *open_schema_session(*parse_database_url(database_.url()), SchemaSession::Mode::kLook);
  }
  void execute(const std::string& sql) { ASSERT_TRUE(session()->execute(sql)); }
  std::int64_t number(const std::string& sql) {
    const auto found = session()->number(sql);
    EXPECT_TRUE(found) << found.error().cause;
    return found ? *found : -1;
  }
  std::int64_t version_of(const std::string& id) {
    return number("SELECT credential_version FROM account WHERE id = 'id-" + id + "'");
  }
  bool has_body(const std::string& id, const std::string& body) {
    return number("SELECT count(*) FROM outbox WHERE id = '" + id + "' AND body = '" + body +
                  "'") == 1;
  }

  Database database_;
};
TYPED_TEST_SUITE_P(RestoreContract);

inline std::int64_t first_of_epoch(TimePoint time) {
  return to_unix_s(time) * credential_version::kChangesPerEpoch;
}

TYPED_TEST_P(RestoreContract, O4_versions_begin_an_epoch_sessions_end_and_keys_are_revoked) {
  const auto report = this->secure(kNoon + minutes(1));
  EXPECT_EQ(report.accounts, 2);
  EXPECT_EQ(report.ended_sessions, 1);
  EXPECT_EQ(report.revoked_keys, 1);
  EXPECT_EQ(report.emails, 3);
  EXPECT_EQ(report.expired_emails, 0);
  EXPECT_EQ(report.events, 4);
  EXPECT_EQ(this->version_of("anna"), first_of_epoch(kNoon + minutes(1)) + 7);
  EXPECT_EQ(this->version_of("boris"), first_of_epoch(kNoon + minutes(1)) + 1);
  EXPECT_EQ(this->number("SELECT count(*) FROM session"), 0);
  EXPECT_EQ(this->number("SELECT count(*) FROM signing_key WHERE revoked_at = 0"), 0);
  EXPECT_EQ(this->number("SELECT count(*) FROM audit WHERE action = 'restore'"), 1);

  // Once more, by a clock that is behind.
  const auto again = this->secure(kNoon);
  EXPECT_EQ(again.ended_sessions + again.revoked_keys, 0);
  EXPECT_EQ(this->version_of("anna"), first_of_epoch(kNoon + minutes(1) + seconds(1)) + 7);
}

TYPED_TEST_P(RestoreContract, O4_jobs_follow_their_accounts_and_other_texts_stay) {
  this->secure(kNoon);
  const auto with = [](std::int64_t changes) {
    return "\"credential_version\":" + std::to_string(first_of_epoch(kNoon) + changes);
  };
  EXPECT_TRUE(this->has_body("of-anna", "{\"v\":1," + with(7) + ",\"email\":\"a\"}"));
  EXPECT_TRUE(this->has_body("earlier", "{\"v\":1," + with(3) + "}"));
  EXPECT_TRUE(this->has_body("quoted", R"({"email":"\"credential_version\":7,"})"));
  EXPECT_TRUE(this->has_body("unreadable", "\"credential_version\":"));
  EXPECT_TRUE(this->has_body("event", ""));
  EXPECT_EQ(this->number("SELECT count(*) FROM outbox WHERE lease_owner IS NOT NULL"), 0);
}

TYPED_TEST_P(RestoreContract, a_connection_that_ends_at_the_moment_does_not_prevent_it) {
  auto other = this->session();
  const std::jthread end([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    other.reset();
  });
  this->secure(kNoon);
}

TYPED_TEST_P(RestoreContract, emails_that_wait_are_dropped_on_request_and_their_events_stay) {
  this->execute("UPDATE outbox SET event = '' WHERE id = 'quoted'");
  EXPECT_EQ(this->secure(kNoon + minutes(60 * 24), true).expired_emails, 3);
  EXPECT_EQ(this->number("SELECT count(*) FROM outbox WHERE dead_at IS NULL AND body <> ''"), 0);
  EXPECT_EQ(this->number("SELECT count(*) FROM outbox WHERE dead_at IS NULL AND event <> ''"), 3);
  EXPECT_EQ(this->number("SELECT count(*) FROM outbox WHERE dead_at = 1 AND body <> ''"), 1);
  EXPECT_EQ(this->number("SELECT count(*) FROM mail_state WHERE state = 'queued'"), 1)
      << "of the dead letter";
}

REGISTER_TYPED_TEST_SUITE_P(RestoreContract,
                            O4_versions_begin_an_epoch_sessions_end_and_keys_are_revoked,
                            O4_jobs_follow_their_accounts_and_other_texts_stay,
                            a_connection_that_ends_at_the_moment_does_not_prevent_it,
                            emails_that_wait_are_dropped_on_request_and_their_events_stay);

}  // namespace postern
