// What every store must do with text: any UTF-8 is data, the rest is refused.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreTextContract : public StoreContract<Database> {};
TYPED_TEST_SUITE_P(StoreTextContract);

TYPED_TEST_P(StoreTextContract, W6_text_is_data_whatever_is_in_it) {
  const std::vector<std::string> texts = {R"('; DROP TABLE account; --)",
                                          R"({"a","b\"},NULL})",
                                          R"(\'"\\x00)",
                                          "NULL",
                                          "%s _ %",
                                          "почта-✉-\U0001F600-e\u0301",
                                          "line\r\nline\ttab",
                                          " ",
                                          "$1 ?1 :name @p"};
  WriteBatch batch;
  for (const auto& text : texts) {
    Account account = make_account("a" + std::to_string(batch.inserts.size()));
    account.email_key = account.email = text;
    batch.inserts.push_back(account);
    OutboxRow mail = make_mail("m" + std::to_string(batch.outbox.size()));
    mail.body = mail.traceparent = text;
    batch.outbox.push_back(mail);
  }
  ASSERT_EQ(this->write(batch), "");
  for (const auto& text : texts) {
    const auto found = this->find({{AccountRef::By::kEmailKey, text}});
    ASSERT_EQ(found.size(), 1u) << text;
    EXPECT_EQ(found[0].email, text);
  }
  const auto mails = this->claim(kNoon);
  ASSERT_EQ(mails.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(mails[i].body, texts[i]);
}

TYPED_TEST_P(StoreTextContract, W6_text_that_is_not_utf8_or_holds_a_nul_is_refused) {
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\xFF"), std::string("\xC0\xAF"),
        std::string("\xED\xA0\x80"), std::string("\xF4\x90\x80\x80"), std::string("\xE2\x82")}) {
    Account account = make_account("anna");
    account.password_hash = text;
    OutboxRow mail = make_mail("mail");
    mail.body = text;
    AuditEntry entry = make_entry("entry");
    entry.outcome = text;
    EXPECT_EQ(this->write({.inserts = {account}}), store_error::kRejected);
    EXPECT_EQ(this->write({.outbox = {mail}}), store_error::kRejected);
    EXPECT_EQ(this->write({.audit = {entry}}), store_error::kRejected);
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto found = store.find_accounts(std::vector<AccountRef>{{AccountRef::By::kId, text}});
      return found ? Status{} : Status{found.error()};
    }),
              store_error::kRejected);
  }
  EXPECT_EQ(this->write({.inserts = {make_account("anna")}}), "") << "the store works on";
}

TYPED_TEST_P(StoreTextContract, W6_the_database_itself_refuses_rows_without_identity) {
  Account nameless = make_account("anna");
  nameless.email_key.clear();
  const auto status = [&] {
    EXPECT_TRUE(this->store_->begin());
    auto written = this->store_->write({.inserts = {nameless}});
    this->store_->rollback();
    return written;
  }();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, store_error::kRejected);
  EXPECT_EQ(status.error().retry, Retry::kNever);
  EXPECT_EQ(status.error().cause.find("anna"), std::string::npos) << status.error().cause;
}

TYPED_TEST_P(StoreTextContract, R6_a_reason_in_another_encoding_stops_nothing) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a"), make_mail("b"), make_mail("c")}}), "");
  const std::string latin1 = "550 Empf\xE4nger unbekannt";
  const std::string with_nul("4\0", 2);
  ASSERT_EQ(this->change({.deferred = {{"a", kNoon, 1, latin1}, {"b", kNoon, 1, with_nul}},
                          .dead = {{"c", {}, 1, std::string(100'000, '\xFF')}}}),
            "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("a", "b"));
}

TYPED_TEST_P(StoreTextContract, W6_ids_and_owners_are_data) {
  const std::string id = R"(x'); DELETE FROM outbox; --)";
  ASSERT_EQ(this->write({.outbox = {make_mail(id), make_mail("b")}}), "");
  ASSERT_TRUE(this->store_->begin());
  const auto rows = this->store_->claim_outbox({1, id, kNoon, kNoon + minutes(1)});
  ASSERT_TRUE(rows);
  ASSERT_TRUE(this->store_->change_outbox({.done = {rows->at(0).id}}));
  ASSERT_TRUE(this->store_->commit());
  EXPECT_EQ(this->count(), 1);
  EXPECT_EQ(this->change({.done = {"\xFF"}}), store_error::kRejected);
}

REGISTER_TYPED_TEST_SUITE_P(StoreTextContract, W6_text_is_data_whatever_is_in_it,
                            W6_text_that_is_not_utf8_or_holds_a_nul_is_refused,
                            W6_the_database_itself_refuses_rows_without_identity,
                            R6_a_reason_in_another_encoding_stops_nothing,
                            W6_ids_and_owners_are_data);

}  // namespace postern
