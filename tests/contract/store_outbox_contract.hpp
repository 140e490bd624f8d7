// What becomes of the rows of the outbox, in every store.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreOutboxContract : public StoreContract<Database> {};
TYPED_TEST_SUITE_P(StoreOutboxContract);

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

TYPED_TEST_P(StoreOutboxContract, R10_counting_stops_at_the_cap) {
  WriteBatch batch;
  for (int i = 0; i < 20; ++i) batch.outbox.push_back(make_mail(std::to_string(i)));
  ASSERT_EQ(this->write(batch), "");
  EXPECT_EQ(this->count(1000), 20);
  EXPECT_EQ(this->count(7), 7);
  EXPECT_EQ(this->count(0), 0);
}

REGISTER_TYPED_TEST_SUITE_P(StoreOutboxContract, a_row_comes_back_as_it_was_written,
                            done_rows_are_gone, R6_a_deferred_row_comes_again_at_its_time,
                            R8_dead_letters_stay_dead,
                            R3_released_rows_are_free_at_once_and_unchanged,
                            all_kinds_of_changes_in_one_call, R10_counting_stops_at_the_cap);

}  // namespace postern
