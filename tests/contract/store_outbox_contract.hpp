// What every store must do with the outbox.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreOutboxContract : public StoreContract<Database> {};
TYPED_TEST_SUITE_P(StoreOutboxContract);

using testing::ElementsAre;
using testing::IsEmpty;

TYPED_TEST_P(StoreOutboxContract, a_row_comes_back_as_it_was_written) {
  OutboxRow written = make_mail("mail-1");
  written.body = std::string(9000, 'x');
  written.available_at = kNoon + seconds(3);
  written.attempts = 4;
  ASSERT_EQ(this->write({.outbox = {written}}), "");
  const auto rows = this->claim(kNoon + seconds(3));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].id, "mail-1");
  EXPECT_EQ(rows[0].kind, "confirm");
  EXPECT_EQ(rows[0].body, written.body);
  EXPECT_EQ(rows[0].traceparent, "00-trace");
  EXPECT_EQ(rows[0].created_at, kNoon);
  EXPECT_EQ(rows[0].available_at, written.available_at);
  EXPECT_EQ(rows[0].attempts, 4);
}

TYPED_TEST_P(StoreOutboxContract, the_oldest_available_rows_are_claimed_first) {
  ASSERT_EQ(
      this->write(
          {.outbox = {make_mail("c", kNoon + seconds(3)), make_mail("future", kNoon + minutes(9)),
                      make_mail("a", kNoon + seconds(1)), make_mail("b", kNoon + seconds(2))}}),
      "");
  EXPECT_THAT(this->claim(kNoon), IsEmpty());
  EXPECT_THAT(ids_of(this->claim(kNoon + minutes(2), 2)), ElementsAre("a", "b"));
  EXPECT_THAT(ids_of(this->claim(kNoon + minutes(2), 2)), ElementsAre("c"));
  EXPECT_THAT(this->claim(kNoon + minutes(2), 0), IsEmpty());
}

TYPED_TEST_P(StoreOutboxContract, R2_a_leased_row_is_nobody_elses_until_the_lease_ends) {
  ASSERT_EQ(this->write({.outbox = {make_mail("mail")}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("mail"));
  EXPECT_THAT(this->claim(kNoon + seconds(59)), IsEmpty());
  EXPECT_THAT(ids_of(this->claim(kNoon + minutes(1))), ElementsAre("mail"));
}

TYPED_TEST_P(StoreOutboxContract, R2_a_claim_that_is_rolled_back_leaves_the_rows_free) {
  ASSERT_EQ(this->write({.outbox = {make_mail("mail")}}), "");
  ASSERT_TRUE(this->store_->begin());
  ASSERT_EQ(this->store_->claim_outbox({10, "owner", kNoon, kNoon + minutes(1)})->size(), 1u);
  this->store_->rollback();
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("mail"));
}

TYPED_TEST_P(StoreOutboxContract, R2_a_row_that_is_committed_late_is_not_passed_over) {
  // No cursor: a smaller id that appears after a larger one was taken is found all the same.
  ASSERT_EQ(this->write({.outbox = {make_mail("id-2", kNoon)}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("id-2"));
  ASSERT_EQ(this->write({.outbox = {make_mail("id-1", kNoon - seconds(5))}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("id-1"));
}

TYPED_TEST_P(StoreOutboxContract, R8_a_claim_that_counts_raises_the_attempts_at_once) {
  OutboxRow mail = make_mail("mail");
  mail.attempts = 2;
  ASSERT_EQ(this->write({.outbox = {mail}}), "");
  for (const int before : {2, 3}) {
    ASSERT_TRUE(this->store_->begin());
    const OutboxClaim counting{10, "owner", kNoon, kNoon, true};
    const auto rows = this->store_->claim_outbox(counting);
    ASSERT_TRUE(rows);
    ASSERT_TRUE(this->store_->commit());
    EXPECT_EQ(rows->at(0).attempts, before) << "what is told is the number before";
  }
  EXPECT_EQ(this->claim(kNoon).at(0).attempts, 4);
  EXPECT_EQ(this->claim(kNoon + minutes(1)).at(0).attempts, 4) << "a plain claim does not count";
}

TYPED_TEST_P(StoreOutboxContract, R4_all_leases_can_be_ended_at_once) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a"), make_mail("b"), make_mail("dead")}}), "");
  this->claim(kNoon);
  ASSERT_EQ(this->change({.dead = {{"dead", {}, 1, "never"}}}), "");
  EXPECT_THAT(this->claim(kNoon), IsEmpty());
  ASSERT_EQ(this->transact([](Store& store) { return store.end_leases(); }), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("a", "b"));
}

TYPED_TEST_P(StoreOutboxContract, done_rows_are_gone) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a"), make_mail("b")}}), "");
  this->claim(kNoon);
  ASSERT_EQ(this->change({.done = {"a", "never-existed"}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon + minutes(2))), ElementsAre("b"));
  EXPECT_EQ(this->count(), 1);
}

TYPED_TEST_P(StoreOutboxContract, R6_a_deferred_row_comes_again_at_its_time) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a"), make_mail("b")}}), "");
  this->claim(kNoon);
  const TimePoint later = kNoon + seconds(10);
  ASSERT_EQ(this->change({.deferred = {{"a", later, 1, "451 try later"},
                                       {"b", later + seconds(1), 5, "452 full"}}}),
            "");
  EXPECT_THAT(this->claim(later - seconds(1)), IsEmpty());
  const auto rows = this->claim(later + seconds(1));
  EXPECT_THAT(ids_of(rows), ElementsAre("a", "b")) << "the lease has ended with the deferral";
  EXPECT_EQ(rows[0].attempts, 1);
  EXPECT_EQ(rows[0].available_at, later);
  EXPECT_EQ(rows[1].attempts, 5);
  EXPECT_EQ(this->count(), 2);
}

TYPED_TEST_P(StoreOutboxContract, R8_dead_letters_stay_dead) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a"), make_mail("b")}}), "");
  this->claim(kNoon);
  ASSERT_EQ(this->change({.dead = {{"a", {}, 3, "550 no such user"}}}), "");
  EXPECT_EQ(this->count(), 1);
  ASSERT_EQ(this->change({.deferred = {{"a", kNoon, 0, ""}}, .released = {"a"}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon + std::chrono::years(1))), ElementsAre("b"));
  EXPECT_EQ(this->write({.outbox = {make_mail("a")}}), store_error::kRejected) << "it is kept";
}

TYPED_TEST_P(StoreOutboxContract, R3_released_rows_are_free_at_once_and_unchanged) {
  OutboxRow mail = make_mail("a");
  mail.attempts = 2;
  ASSERT_EQ(this->write({.outbox = {mail}}), "");
  this->claim(kNoon);
  ASSERT_EQ(this->change({.released = {"a"}}), "");
  const auto rows = this->claim(kNoon);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].attempts, 2);
  EXPECT_EQ(rows[0].available_at, kNoon);
}

TYPED_TEST_P(StoreOutboxContract, all_kinds_of_changes_in_one_call) {
  ASSERT_EQ(
      this->write({.outbox = {make_mail("a"), make_mail("b"), make_mail("c"), make_mail("d")}}),
      "");
  this->claim(kNoon);
  ASSERT_EQ(this->change({.done = {"a"},
                          .deferred = {{"b", kNoon + minutes(5), 1, "later"}},
                          .dead = {{"c", {}, 1, "never"}},
                          .released = {"d"}}),
            "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("d"));
  EXPECT_EQ(this->count(), 2);
  EXPECT_EQ(this->change({}), "");
}

TYPED_TEST_P(StoreOutboxContract, R6_a_reason_in_foreign_bytes_stops_nothing) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a"), make_mail("b"), make_mail("c")}}), "");
  const std::string latin1 = "550 Empf\xE4nger unbekannt";
  const std::string with_nul("4\0", 2);
  ASSERT_EQ(this->change({.deferred = {{"a", kNoon, 1, latin1}, {"b", kNoon, 1, with_nul}},
                          .dead = {{"c", {}, 1, std::string(100'000, '\xFF')}}}),
            "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("a", "b"));
}

TYPED_TEST_P(StoreOutboxContract, W6_ids_and_owners_are_data) {
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

TYPED_TEST_P(StoreOutboxContract, R10_counting_stops_at_the_cap) {
  WriteBatch batch;
  for (int i = 0; i < 20; ++i) batch.outbox.push_back(make_mail(std::to_string(i)));
  ASSERT_EQ(this->write(batch), "");
  EXPECT_EQ(this->count(1000), 20);
  EXPECT_EQ(this->count(7), 7);
  EXPECT_EQ(this->count(0), 0);
}

REGISTER_TYPED_TEST_SUITE_P(StoreOutboxContract, a_row_comes_back_as_it_was_written,
                            the_oldest_available_rows_are_claimed_first,
                            R2_a_leased_row_is_nobody_elses_until_the_lease_ends,
                            R2_a_claim_that_is_rolled_back_leaves_the_rows_free,
                            R2_a_row_that_is_committed_late_is_not_passed_over, done_rows_are_gone,
                            R6_a_deferred_row_comes_again_at_its_time, R8_dead_letters_stay_dead,
                            R3_released_rows_are_free_at_once_and_unchanged,
                            all_kinds_of_changes_in_one_call,
                            R6_a_reason_in_foreign_bytes_stops_nothing, W6_ids_and_owners_are_data,
                            R8_a_claim_that_counts_raises_the_attempts_at_once,
                            R4_all_leases_can_be_ended_at_once, R10_counting_stops_at_the_cap);

}  // namespace postern
