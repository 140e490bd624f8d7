// What became of each email, in every store.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreMailStatesContract : public StoreContract<Database> {
 protected:
  std::string note(DeliveryOutcome outcome, TimePoint at, const std::string& mail_id = "mail-1") {
    MailStatus status{"id-anna", mail_id, "confirm", outcome, at, at + seconds(10), "451 later"};
    status.relay = "smtp.example.com";
    return this->transact(
        [&](Store& store) { return store.write_mail_states(std::vector{status}); });
  }

  std::vector<MailStatus> states(std::size_t limit = 10) {
    std::vector<MailStatus> found;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto states = store.find_mail_states("id-anna", limit);
      if (!states) return states.error();
      found = *std::move(states);
      return {};
    }),
              "");
    return found;
  }

  std::optional<DeliveryOutcome> state() {
    const auto found = states();
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? std::nullopt : found.front().outcome;
  }
};
TYPED_TEST_SUITE_P(StoreMailStatesContract);

TYPED_TEST_P(StoreMailStatesContract, an_email_is_queued_with_its_request) {
  ASSERT_EQ(this->write({.outbox = {make_mail("mail-1")}}), "");
  const auto found = this->states();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].account_id, "id-anna");
  EXPECT_EQ(found[0].mail_id, "mail-1");
  EXPECT_EQ(found[0].kind, "confirm");
  EXPECT_EQ(found[0].outcome, std::nullopt);
  EXPECT_EQ(found[0].changed_at, kNoon);
}

TYPED_TEST_P(StoreMailStatesContract, an_event_without_an_email_has_no_state) {
  OutboxRow row = make_mail("event-1");
  row.body.clear();
  ASSERT_EQ(this->write({.outbox = {row}}), "");
  EXPECT_THAT(this->states(), IsEmpty());
  const auto rows = this->claim(kNoon);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].event_type, row.event_type);
  EXPECT_EQ(rows[0].event, row.event);
  EXPECT_EQ(rows[0].account_id, "id-anna");
}

TYPED_TEST_P(StoreMailStatesContract, a_deferred_email_tells_why_and_when_it_is_tried_again) {
  ASSERT_EQ(this->write({.outbox = {make_mail("mail-1")}}), "");
  ASSERT_EQ(this->note(DeliveryOutcome::kDeferred, kNoon + seconds(1)), "");
  const auto found = this->states();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].outcome, DeliveryOutcome::kDeferred);
  EXPECT_EQ(found[0].next_attempt_at, kNoon + seconds(11));
  EXPECT_EQ(found[0].reply, "451 later");
  EXPECT_EQ(found[0].relay, "smtp.example.com");
}

TYPED_TEST_P(StoreMailStatesContract, an_older_word_changes_nothing_and_sent_is_the_last) {
  ASSERT_EQ(this->write({.outbox = {make_mail("mail-1")}}), "");
  // A worker's clock may be behind: its first word counts all the same.
  ASSERT_EQ(this->note(DeliveryOutcome::kDeferred, kNoon - seconds(9)), "");
  EXPECT_EQ(this->state(), DeliveryOutcome::kDeferred);
  ASSERT_EQ(this->note(DeliveryOutcome::kFailed, kNoon - seconds(10)), "");
  EXPECT_EQ(this->state(), DeliveryOutcome::kDeferred);
  ASSERT_EQ(this->note(DeliveryOutcome::kFailed, kNoon), "");
  EXPECT_EQ(this->state(), DeliveryOutcome::kFailed);
  ASSERT_EQ(this->note(DeliveryOutcome::kSent, kNoon - seconds(20)), "");
  EXPECT_EQ(this->state(), DeliveryOutcome::kSent);
  ASSERT_EQ(this->note(DeliveryOutcome::kDeferred, kNoon + minutes(5)), "");
  EXPECT_EQ(this->state(), DeliveryOutcome::kSent);
}

TYPED_TEST_P(StoreMailStatesContract, unknown_emails_are_passed_over) {
  ASSERT_EQ(this->note(DeliveryOutcome::kSent, kNoon, "of-another-publisher"), "");
  EXPECT_THAT(this->states(), IsEmpty());
}

TYPED_TEST_P(StoreMailStatesContract, the_newest_emails_come_first_and_no_more_than_asked_for) {
  ASSERT_EQ(
      this->write({.outbox = {make_mail("mail-1"), make_mail("mail-2"), make_mail("mail-3")}}), "");
  const auto found = this->states(2);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].mail_id, "mail-3");
  EXPECT_EQ(found[1].mail_id, "mail-2");
}

REGISTER_TYPED_TEST_SUITE_P(StoreMailStatesContract, an_email_is_queued_with_its_request,
                            an_event_without_an_email_has_no_state,
                            a_deferred_email_tells_why_and_when_it_is_tried_again,
                            an_older_word_changes_nothing_and_sent_is_the_last,
                            unknown_emails_are_passed_over,
                            the_newest_emails_come_first_and_no_more_than_asked_for);

}  // namespace postern
