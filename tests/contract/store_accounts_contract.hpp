// What every store must do with accounts, and with what is written beside them.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

/// In all but the revision.
inline void expect_same(const Account& read, const Account& written) {
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.email, written.email);
  EXPECT_EQ(read.email_key, written.email_key);
  EXPECT_EQ(read.state, written.state);
  EXPECT_EQ(read.password_hash, written.password_hash);
  EXPECT_EQ(read.credential_version, written.credential_version);
  EXPECT_EQ(read.locale, written.locale);
  EXPECT_EQ(read.display_name, written.display_name);
  EXPECT_EQ(read.pending_email, written.pending_email);
  EXPECT_EQ(read.created_at, written.created_at);
  EXPECT_EQ(read.updated_at, written.updated_at);
  for (std::size_t i = 0; i < limits::kMailWindows; ++i) {
    EXPECT_EQ(read.mail_windows[i].started_at, written.mail_windows[i].started_at) << i;
    EXPECT_EQ(read.mail_windows[i].count, written.mail_windows[i].count) << i;
  }
  EXPECT_EQ(read.recovery_sent_at, written.recovery_sent_at);
  EXPECT_EQ(read.already_registered_at, written.already_registered_at);
}

template <class Database>
class StoreAccountsContract : public StoreContract<Database> {};
TYPED_TEST_SUITE_P(StoreAccountsContract);

TYPED_TEST_P(StoreAccountsContract, L2_an_account_comes_back_as_it_was_written) {
  Account written = make_account("anna");
  written.state = AccountState::kConfirmed;
  written.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
  written.credential_version = 7;
  written.locale = "ru";
  written.display_name = "Анна";
  written.pending_email = "new@example.org";
  ASSERT_EQ(this->write({.inserts = {written}}), "");

  for (const auto& ref : {by_key("anna"), by_id("anna")}) {
    const auto found = this->find({ref});
    ASSERT_EQ(found.size(), 1u);
    expect_same(found[0], written);
    EXPECT_EQ(found[0].revision, 1);
  }
}

TYPED_TEST_P(StoreAccountsContract, each_account_is_found_once_and_unknown_ones_are_left_out) {
  ASSERT_EQ(this->write({.inserts = {make_account("anna"), make_account("boris")}}), "");
  const auto found = this->find(
      {by_key("anna"), by_id("anna"), by_key("anna"), by_key("unknown"), by_id("boris")});
  std::vector<std::string> ids;
  for (const auto& account : found) ids.push_back(account.id);
  EXPECT_THAT(ids, testing::UnorderedElementsAre("id-anna", "id-boris"));
  EXPECT_TRUE(this->find({}).empty());
}

TYPED_TEST_P(StoreAccountsContract, an_update_applies_to_the_revision_that_was_read) {
  ASSERT_EQ(this->write({.inserts = {make_account("anna")}}), "");
  Account account = this->find({by_key("anna")})[0];
  account.state = AccountState::kDisabled;
  account.email = "Anna.New@example.org";
  account.email_key = "anna.new@example.org";
  account.password_hash = "hash";
  account.credential_version = 2;
  account.locale = "ru";
  account.display_name = "Anna";
  account.pending_email = "next@example.org";
  account.updated_at = kNoon + minutes(5);
  account.recovery_sent_at = kNoon + minutes(6);
  account.already_registered_at = kNoon + minutes(7);
  account.mail_windows = {
      {{kNoon + minutes(4), 9}, {kNoon + minutes(3), 10}, {kNoon + minutes(2), 11}}};
  ASSERT_EQ(this->write({.updates = {account}}), "");
  const Account read = this->find({by_id("anna")})[0];
  expect_same(read, account);
  EXPECT_EQ(read.revision, 2);
  EXPECT_EQ(this->write({.updates = {account}}), store_error::kConflict) << "revision 1 is gone";
  EXPECT_EQ(this->find({by_id("anna")})[0].revision, 2);
}

TYPED_TEST_P(StoreAccountsContract, many_updates_in_one_batch) {
  WriteBatch batch;
  for (int i = 0; i < 300; ++i) batch.inserts.push_back(make_account(std::to_string(i)));
  ASSERT_EQ(this->write(batch), "");
  std::vector<AccountRef> refs;
  for (int i = 0; i < 300; ++i) refs.push_back(by_key(std::to_string(i)));
  batch = {.updates = this->find(refs)};
  ASSERT_EQ(batch.updates.size(), 300u);
  for (auto& account : batch.updates) account.password_hash = "of " + account.id;
  ASSERT_EQ(this->write(batch), "");
  for (const auto& account : this->find(refs)) {
    EXPECT_EQ(account.password_hash, "of " + account.id);
    EXPECT_EQ(account.revision, 2);
  }
}

TYPED_TEST_P(StoreAccountsContract, what_is_taken_meanwhile_is_a_conflict) {
  ASSERT_EQ(this->write({.inserts = {make_account("anna"), make_account("boris")}}), "");
  Account same_address = make_account("anna");
  same_address.id = "id-other";
  Account same_id = make_account("anna");
  same_id.email_key = "other@example.org";
  Account unknown = make_account("unknown");
  unknown.revision = 1;
  Account moved = this->find({by_id("boris")})[0];
  moved.email_key = "anna@example.org";
  const Account twice = make_account("vera");

  EXPECT_EQ(this->write({.inserts = {same_address}}), store_error::kConflict);
  EXPECT_EQ(this->write({.inserts = {same_id}}), store_error::kConflict);
  EXPECT_EQ(this->write({.inserts = {make_account("gleb"), same_address}}), store_error::kConflict);
  EXPECT_EQ(this->write({.inserts = {twice, twice}}), store_error::kConflict);
  EXPECT_EQ(this->write({.updates = {unknown}}), store_error::kConflict);
  EXPECT_EQ(this->write({.updates = {moved}}), store_error::kConflict);
  EXPECT_EQ(this->find({by_key("gleb"), by_key("vera")}).size(), 0u) << "all or nothing";
}

TYPED_TEST_P(StoreAccountsContract, R1_account_outbox_and_audit_are_one_transaction) {
  const WriteBatch batch{.inserts = {make_account("anna")},
                         .outbox = {make_mail("mail-1")},
                         .audit = {make_entry("audit-1")}};
  ASSERT_TRUE(this->store_->begin());
  ASSERT_TRUE(this->store_->write(batch));
  this->store_->rollback();
  EXPECT_TRUE(this->find({by_key("anna")}).empty());
  EXPECT_EQ(this->count(), 0);
  EXPECT_EQ(this->write(batch), "") << "the audit row left no trace either";
  EXPECT_EQ(this->find({by_key("anna")}).size(), 1u);
  EXPECT_EQ(this->count(), 1);
}

TYPED_TEST_P(StoreAccountsContract, R1_a_failure_in_any_table_undoes_the_others) {
  ASSERT_EQ(this->write({.outbox = {make_mail("taken")}, .audit = {make_entry("taken")}}), "");
  const auto anna = make_account("anna");
  EXPECT_EQ(this->write({.inserts = {anna}, .outbox = {make_mail("taken")}}),
            store_error::kRejected);
  EXPECT_EQ(this->write({.inserts = {anna}, .audit = {make_entry("taken")}}),
            store_error::kRejected);
  EXPECT_TRUE(this->find({by_key("anna")}).empty());
  EXPECT_EQ(this->count(), 1);
}

TYPED_TEST_P(StoreAccountsContract, R12_a_transaction_left_open_is_rolled_back_by_the_next_one) {
  ASSERT_TRUE(this->store_->begin());
  ASSERT_TRUE(this->store_->write({.inserts = {make_account("anna")}}));
  EXPECT_TRUE(this->find({by_key("anna")}).empty());
}

TYPED_TEST_P(StoreAccountsContract, a_deleted_account_is_gone_with_the_states_of_its_emails) {
  ASSERT_EQ(this->write({.inserts = {make_account("anna"), make_account("boris")},
                         .outbox = {make_mail("mail-1")}}),
            "");
  const Account anna = this->find({by_key("anna")})[0];
  // What the same batch sends the account is noted and forgotten; the address is free at once.
  Account next = make_account("anna");
  next.id = "id-next";
  ASSERT_EQ(this->write({.inserts = {next}, .outbox = {make_mail("mail-2")}, .removals = {anna}}),
            "");
  EXPECT_TRUE(this->find({by_id("anna")}).empty());
  ASSERT_EQ(this->find({by_key("anna")}).size(), 1u);
  EXPECT_EQ(this->find({by_key("anna")})[0].id, "id-next");
  EXPECT_EQ(this->find({by_id("boris")}).size(), 1u);
  EXPECT_EQ(this->count(), 2);
  EXPECT_EQ(this->transact([&](Store& store) -> Status {
    auto states = store.find_mail_states("id-anna", 10);
    if (!states) return states.error();
    EXPECT_TRUE(states->empty());
    return {};
  }),
            "");
}

TYPED_TEST_P(StoreAccountsContract, a_deletion_applies_to_the_revision_that_was_read) {
  ASSERT_EQ(this->write({.inserts = {make_account("anna")}}), "");
  const Account read = this->find({by_key("anna")})[0];
  ASSERT_EQ(this->write({.updates = {read}}), "");
  EXPECT_EQ(this->write({.removals = {read}}), store_error::kConflict);
  EXPECT_EQ(this->find({by_key("anna")}).size(), 1u);
}

TYPED_TEST_P(StoreAccountsContract, accounts_are_listed_page_by_page) {
  std::vector<Account> accounts;
  for (const auto* name : {"a", "b", "c", "d", "e"}) accounts.push_back(make_account(name));
  accounts[1].state = AccountState::kDisabled;
  accounts[3].state = AccountState::kDisabled;
  ASSERT_EQ(this->write({.inserts = accounts}), "");
  const auto ids = [&](const AccountPage& page) {
    std::vector<std::string> found;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto listed = store.list_accounts(page);
      if (!listed) return listed.error();
      for (const auto& account : *listed) found.push_back(account.id);
      return {};
    }),
              "");
    return found;
  };
  EXPECT_THAT(ids({"", {}, 2}), ElementsAre("id-a", "id-b"));
  EXPECT_THAT(ids({"id-b", {}, 2}), ElementsAre("id-c", "id-d"));
  EXPECT_THAT(ids({"id-d", {}, 2}), ElementsAre("id-e"));
  EXPECT_THAT(ids({"id-e", {}, 2}), IsEmpty());
  EXPECT_THAT(ids({"", AccountState::kDisabled, 9}), ElementsAre("id-b", "id-d"));
  EXPECT_THAT(ids({"id-b", AccountState::kDisabled, 9}), ElementsAre("id-d"));
}

REGISTER_TYPED_TEST_SUITE_P(StoreAccountsContract, L2_an_account_comes_back_as_it_was_written,
                            each_account_is_found_once_and_unknown_ones_are_left_out,
                            an_update_applies_to_the_revision_that_was_read,
                            many_updates_in_one_batch, what_is_taken_meanwhile_is_a_conflict,
                            R1_account_outbox_and_audit_are_one_transaction,
                            R1_a_failure_in_any_table_undoes_the_others,
                            R12_a_transaction_left_open_is_rolled_back_by_the_next_one,
                            a_deleted_account_is_gone_with_the_states_of_its_emails,
                            a_deletion_applies_to_the_revision_that_was_read,
                            accounts_are_listed_page_by_page);

}  // namespace postern
