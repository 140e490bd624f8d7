// What is removed when it has been kept long enough, in every store.
//
// Thread contract: one test, one thread.
#pragma once

#include "base/ids.hpp"
#include "contract/store_contract.hpp"
#include "store/audit_store.hpp"

namespace postern {

template <class Database>
class StoreRetentionContract : public StoreContract<Database> {
 protected:
  /// An entry of that time, as the operations write it.
  static AuditEntry entry_of(TimePoint at) {
    AuditEntry entry = make_entry(new_id(at));
    entry.at = at;
    return entry;
  }

  /// The outcomes of an account's entries in a span of time.
  std::vector<std::string> outcomes(const AuditSpan& span) {
    std::vector<std::string> found;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      const auto entries = (*audit_trail(store))->find_audit(span);
      if (!entries) return entries.error();
      for (const auto& entry : *entries) found.push_back(entry.outcome);
      return {};
    }),
              "");
    return found;
  }

  /// An email whose state is as given, and which has left the outbox.
  void add_state(const std::string& mail_id, DeliveryOutcome outcome, TimePoint changed_at) {
    ASSERT_EQ(this->write({.outbox = {make_mail(mail_id)}}), "");
    ASSERT_EQ(this->change({.done = {mail_id}}), "");
    const std::vector words{
        MailStatus{"id-anna", mail_id, "confirm", outcome, changed_at, {}, "because"}};
    ASSERT_EQ(this->transact([&](Store& store) { return store.write_mail_states(words); }), "");
  }

  std::int64_t remove_expired_audit(TimePoint before, std::int64_t limit) {
    std::int64_t removed = -1;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      const auto count = store.remove_expired_audit(before, limit);
      if (!count) return count.error();
      removed = *count;
      return {};
    }),
              "");
    return removed;
  }

  /// One step of the walk.
  std::optional<MailStatePlace> remove_states(TimePoint before, const MailStatePlace& after,
                                              std::int64_t limit) {
    std::optional<MailStatePlace> next;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto removed = store.remove_expired_mail_states(before, after, limit);
      if (!removed) return removed.error();
      next = *std::move(removed);
      return {};
    }),
              "");
    return next;
  }

  std::vector<std::string> make_mails() {
    std::vector<std::string> ids;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      const auto states = store.find_mail_states("id-anna", 100);
      if (!states) return states.error();
      for (const auto& state : *states) ids.push_back(state.mail_id);
      return {};
    }),
              "");
    return ids;
  }
};
TYPED_TEST_SUITE_P(StoreRetentionContract);

TYPED_TEST_P(StoreRetentionContract, old_entries_of_the_audit_go_a_bounded_number_at_once) {
  WriteBatch batch;
  for (int i = 0; i < 5; ++i) batch.audit.push_back(this->entry_of(kNoon + seconds(i)));
  ASSERT_EQ(this->write(batch), "");
  EXPECT_EQ(this->remove_expired_audit(kNoon, 100), 0) << "not the one of that very moment";
  EXPECT_EQ(this->remove_expired_audit(kNoon + seconds(3), 2), 2);
  EXPECT_EQ(this->write({.audit = {batch.audit[0], batch.audit[1]}}), "")
      << "the oldest were the first to go";
  EXPECT_EQ(this->write({.audit = {batch.audit[2]}}), store_error::kRejected);
  EXPECT_EQ(this->remove_expired_audit(kNoon + seconds(3), 100), 3);
  EXPECT_EQ(this->remove_expired_audit(kNoon + seconds(3), 100), 0);
  EXPECT_EQ(this->remove_expired_audit(kNoon + minutes(1), 100), 2);
}

TYPED_TEST_P(StoreRetentionContract, states_go_when_nothing_has_changed_for_so_long) {
  this->add_state("a-sent", DeliveryOutcome::kSent, kNoon);
  this->add_state("b-failed", DeliveryOutcome::kFailed, kNoon);
  this->add_state("c-deferred", DeliveryOutcome::kDeferred, kNoon);
  this->add_state("d-young", DeliveryOutcome::kFailed, kNoon + minutes(1));
  EXPECT_FALSE(this->remove_states(kNoon, {}, 100));
  EXPECT_EQ(this->make_mails().size(), 4u);
  EXPECT_FALSE(this->remove_states(kNoon + minutes(1), {}, 100));
  EXPECT_THAT(this->make_mails(), ElementsAre("d-young"));
}

TYPED_TEST_P(StoreRetentionContract, R6_the_state_of_an_email_that_is_there_is_kept) {
  ASSERT_EQ(this->write({.outbox = {make_mail("dead"), make_mail("waits")}}), "");
  ASSERT_EQ(this->change({.dead = {{"dead", {}, 3, "550 no such user"}}}), "");
  EXPECT_FALSE(this->remove_states(kNoon + std::chrono::years(3), {}, 100));
  EXPECT_THAT(this->make_mails(), ElementsAre("waits", "dead"));
  ASSERT_EQ(this->transact(
                [](Store& store) { return store.drop_dead(std::vector<std::string>{"dead"}); }),
            "");
  EXPECT_FALSE(this->remove_states(kNoon + std::chrono::years(3), {}, 100));
  EXPECT_THAT(this->make_mails(), ElementsAre("waits"));
}

TYPED_TEST_P(StoreRetentionContract, the_walk_looks_at_a_bounded_number_and_ends) {
  for (const auto* id : {"a", "b", "c", "d", "e"}) {
    const bool old = std::string_view(id) != "b" && std::string_view(id) != "e";
    this->add_state(id, DeliveryOutcome::kSent, old ? kNoon : kNoon + minutes(9));
  }
  const TimePoint before = kNoon + minutes(1);
  const auto first = this->remove_states(before, {}, 2);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->account_id, "id-anna");
  EXPECT_EQ(first->mail_id, "b");
  EXPECT_THAT(this->make_mails(), ElementsAre("e", "d", "c", "b"));
  const auto second = this->remove_states(before, *first, 2);
  ASSERT_TRUE(second);
  EXPECT_THAT(this->make_mails(), ElementsAre("e", "b"));
  EXPECT_FALSE(this->remove_states(before, *second, 2));
  EXPECT_THAT(this->make_mails(), ElementsAre("e", "b"));
}

TYPED_TEST_P(StoreRetentionContract, an_account_s_entries_are_found_the_newest_first) {
  const auto oldest = [&] {
    std::string outcome = "none";
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      const auto entry = (*audit_trail(store))->oldest_audit();
      if (!entry) return entry.error();
      if (*entry) outcome = (*entry)->outcome;
      return {};
    }),
              "");
    return outcome;
  };
  EXPECT_EQ(oldest(), "none");
  std::vector<AuditEntry> entries;
  for (int i = 0; i < 5; ++i) {
    entries.push_back(this->entry_of(kNoon + minutes(i)));
    entries.back().outcome = std::to_string(i);
    entries.back().account_id = i == 2 ? "id-boris" : "id-anna";
  }
  ASSERT_EQ(this->write({.audit = entries}), "");
  EXPECT_EQ(oldest(), "0");
  EXPECT_THAT(this->outcomes({"id-anna", kNoon, kNoon + minutes(9), 9}),
              ElementsAre("4", "3", "1", "0"));
  EXPECT_THAT(this->outcomes({"id-anna", kNoon + minutes(1), kNoon + minutes(4), 9}),
              ElementsAre("3", "1"));
  EXPECT_THAT(this->outcomes({"id-anna", kNoon, kNoon + minutes(9), 2}), ElementsAre("4", "3"));
  EXPECT_THAT(this->outcomes({"id-vera", kNoon, kNoon + minutes(9), 9}), ElementsAre());
}

REGISTER_TYPED_TEST_SUITE_P(StoreRetentionContract, an_account_s_entries_are_found_the_newest_first,
                            old_entries_of_the_audit_go_a_bounded_number_at_once,
                            states_go_when_nothing_has_changed_for_so_long,
                            R6_the_state_of_an_email_that_is_there_is_kept,
                            the_walk_looks_at_a_bounded_number_and_ends);

}  // namespace postern
