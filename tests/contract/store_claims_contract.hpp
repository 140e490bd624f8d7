// How every store hands out the rows of the outbox.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreClaimsContract : public StoreContract<Database> {};
TYPED_TEST_SUITE_P(StoreClaimsContract);

TYPED_TEST_P(StoreClaimsContract, the_oldest_available_rows_are_claimed_first) {
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

TYPED_TEST_P(StoreClaimsContract, L7_what_is_urgent_is_claimed_first_whatever_waits_longer) {
  const auto mail = [](const std::string& id, MailPriority priority, int age_s) {
    OutboxRow row = make_mail(id, kNoon - seconds(age_s));
    row.priority = priority;
    return row;
  };
  ASSERT_EQ(this->write({.outbox = {mail("bulk-1", MailPriority::kBulk, 9),
                                    mail("bulk-2", MailPriority::kBulk, 8),
                                    mail("normal", MailPriority::kNormal, 2),
                                    mail("urgent-1", MailPriority::kUrgent, 1),
                                    mail("urgent-2", MailPriority::kUrgent, 0),
                                    mail("later", MailPriority::kUrgent, -1)}}),
            "");
  EXPECT_THAT(ids_of(this->claim(kNoon, 1)), ElementsAre("urgent-1"));
  const auto rows = this->claim(kNoon, 3);
  EXPECT_THAT(ids_of(rows), ElementsAre("urgent-2", "normal", "bulk-1"));
  EXPECT_EQ(rows.at(0).priority, MailPriority::kUrgent);
  EXPECT_EQ(rows.at(1).priority, MailPriority::kNormal);
  EXPECT_EQ(rows.at(2).priority, MailPriority::kBulk);
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("bulk-2"));
}

TYPED_TEST_P(StoreClaimsContract, L7_a_lower_class_may_be_claimed_first_and_is_returned_in_order) {
  OutboxRow bulk = make_mail("bulk");
  bulk.priority = MailPriority::kBulk;
  OutboxRow urgent = make_mail("urgent", kNoon - seconds(5));
  urgent.priority = MailPriority::kUrgent;
  ASSERT_EQ(this->write({.outbox = {bulk, urgent, make_mail("normal", kNoon - seconds(9))}}), "");
  std::vector<OutboxRow> rows;
  const auto claim = [&](std::size_t limit) {
    return this->transact([&, limit](Store& store) -> Status {
      OutboxClaim turned{limit, "owner", kNoon, kNoon};
      turned.order = {MailPriority::kBulk, MailPriority::kNormal, MailPriority::kUrgent};
      auto claimed = store.claim_outbox(turned);
      if (!claimed) return claimed.error();
      rows = *std::move(claimed);
      return {};
    });
  };
  ASSERT_EQ(claim(1), "");
  EXPECT_THAT(ids_of(rows), ElementsAre("bulk"));
  ASSERT_EQ(claim(2), "");
  EXPECT_THAT(ids_of(rows), ElementsAre("normal", "bulk"));
}

TYPED_TEST_P(StoreClaimsContract, R2_no_other_owner_gets_a_leased_row_until_the_lease_ends) {
  ASSERT_EQ(this->write({.outbox = {make_mail("mail")}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("mail"));
  EXPECT_THAT(this->claim(kNoon + seconds(59)), IsEmpty());
  EXPECT_THAT(ids_of(this->claim(kNoon + minutes(1))), ElementsAre("mail"));
}

TYPED_TEST_P(StoreClaimsContract, R2_a_claim_that_is_rolled_back_leaves_the_rows_free) {
  ASSERT_EQ(this->write({.outbox = {make_mail("mail")}}), "");
  ASSERT_TRUE(this->store_->begin());
  ASSERT_EQ(this->store_->claim_outbox({10, "owner", kNoon, kNoon + minutes(1)})->size(), 1u);
  this->store_->rollback();
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("mail"));
}

TYPED_TEST_P(StoreClaimsContract, R2_a_row_that_is_committed_late_is_not_passed_over) {
  // No cursor: a smaller id that appears after a larger one was taken is found all the same.
  ASSERT_EQ(this->write({.outbox = {make_mail("id-2", kNoon)}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("id-2"));
  ASSERT_EQ(this->write({.outbox = {make_mail("id-1", kNoon - seconds(5))}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("id-1"));
}

TYPED_TEST_P(StoreClaimsContract, R8_a_claim_that_counts_is_noted_at_once_and_is_no_try) {
  OutboxRow mail = make_mail("mail");
  mail.attempts = 2;
  ASSERT_EQ(this->write({.outbox = {mail}}), "");
  for (const int before : {0, 1}) {
    ASSERT_TRUE(this->store_->begin());
    const OutboxClaim counting{10, "owner", kNoon, kNoon, true};
    const auto rows = this->store_->claim_outbox(counting);
    ASSERT_TRUE(rows);
    ASSERT_TRUE(this->store_->commit());
    EXPECT_EQ(rows->at(0).claims, before) << "the number before is returned";
    EXPECT_EQ(rows->at(0).attempts, 2);
  }
  EXPECT_EQ(this->claim(kNoon).at(0).claims, 2);
  const auto row = this->claim(kNoon + minutes(1)).at(0);
  EXPECT_EQ(row.claims, 2) << "a plain claim does not count";
  EXPECT_EQ(row.attempts, 2);
}

TYPED_TEST_P(StoreClaimsContract, R8_claims_are_counted_anew_after_a_deferral_and_a_replay) {
  const auto claim = [this](TimePoint now) {
    std::vector<OutboxRow> rows;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto claimed = store.claim_outbox({10, "owner", now, now, true});
      if (!claimed) return claimed.error();
      rows = *std::move(claimed);
      return {};
    }),
              "");
    return rows.at(0).claims;
  };
  ASSERT_EQ(this->write({.outbox = {make_mail("mail")}}), "");
  EXPECT_EQ(claim(kNoon), 0);
  EXPECT_EQ(claim(kNoon), 1);
  ASSERT_EQ(this->change({.deferred = {{"mail", kNoon, 1, "451"}}}), "");
  EXPECT_EQ(claim(kNoon), 0);
  EXPECT_EQ(claim(kNoon), 1);
  ASSERT_EQ(this->change({.dead = {{"mail", {}, 1, "550"}}}), "");
  ASSERT_EQ(this->transact([](Store& store) {
    return store.replay_dead(std::vector<DeadReplay>{{"mail", "{}"}}, kNoon);
  }),
            "");
  EXPECT_EQ(claim(kNoon), 0);
}

TYPED_TEST_P(StoreClaimsContract, R4_all_leases_can_be_ended_at_once) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a"), make_mail("b"), make_mail("dead")}}), "");
  this->claim(kNoon);
  ASSERT_EQ(this->change({.dead = {{"dead", {}, 1, "never"}}}), "");
  EXPECT_THAT(this->claim(kNoon), IsEmpty());
  ASSERT_EQ(this->transact([](Store& store) { return store.end_leases(); }), "");
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("a", "b"));
}

TYPED_TEST_P(StoreClaimsContract, R15_a_clock_that_was_set_back_stalls_no_email) {
  ASSERT_EQ(this->write({.outbox = {make_mail("new"), make_mail("leased"), make_mail("waits")}}),
            "");
  ASSERT_EQ(this->change({.deferred = {{"waits", kNoon + minutes(10), 1, "451"}}}), "");
  ASSERT_EQ(this->claim(kNoon, 1).size(), 1u);
  const TimePoint before = kNoon - std::chrono::hours(3);
  EXPECT_THAT(ids_of(this->claim(before)), testing::UnorderedElementsAre("new", "leased", "waits"));
  EXPECT_THAT(this->claim(before + seconds(1)), IsEmpty()) << "the new leases count";
}

TYPED_TEST_P(StoreClaimsContract, R2_the_lease_of_a_clock_that_is_ahead_counts) {
  ASSERT_EQ(this->write({.outbox = {make_mail("a")}}), "");
  EXPECT_THAT(ids_of(this->claim(kNoon + minutes(2))), ElementsAre("a"));
  EXPECT_THAT(this->claim(kNoon), IsEmpty());
}

REGISTER_TYPED_TEST_SUITE_P(StoreClaimsContract, the_oldest_available_rows_are_claimed_first,
                            L7_what_is_urgent_is_claimed_first_whatever_waits_longer,
                            L7_a_lower_class_may_be_claimed_first_and_is_returned_in_order,
                            R2_no_other_owner_gets_a_leased_row_until_the_lease_ends,
                            R2_a_claim_that_is_rolled_back_leaves_the_rows_free,
                            R2_a_row_that_is_committed_late_is_not_passed_over,
                            R8_a_claim_that_counts_is_noted_at_once_and_is_no_try,
                            R8_claims_are_counted_anew_after_a_deferral_and_a_replay,
                            R4_all_leases_can_be_ended_at_once,
                            R15_a_clock_that_was_set_back_stalls_no_email,
                            R2_the_lease_of_a_clock_that_is_ahead_counts);

}  // namespace postern
