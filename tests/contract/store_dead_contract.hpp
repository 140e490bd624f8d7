// What an operator does with the outbox, in every store.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreDeadContract : public StoreContract<Database> {
 protected:
  void dead_letter(const std::string& id, const std::string& reason = "550 no") {
    ASSERT_EQ(this->write({.outbox = {make_mail(id)}}), "");
    ASSERT_EQ(this->change({.dead = {{id, {}, 3, reason}}}), "");
  }

  std::vector<DeadRow> dead(const DeadRow* after = nullptr, std::size_t limit = 100) {
    std::vector<DeadRow> rows;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto found = store.find_dead(after, limit);
      if (!found) return found.error();
      rows = *std::move(found);
      return {};
    }),
              "");
    return rows;
  }

  std::vector<std::string> dead_ids() {
    std::vector<std::string> ids;
    for (const auto& row : dead()) ids.push_back(row.row.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  OutboxCensus census(TimePoint now, const std::vector<Duration>& within) {
    OutboxCensus counted;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto census = store.count_states(now, within);
      if (!census) return census.error();
      counted = *std::move(census);
      return {};
    }),
              "");
    return counted;
  }

  OutboxBacklog backlog(std::int64_t dead_cap = 10) {
    OutboxBacklog measured;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto backlog = store.measure_backlog(dead_cap);
      if (!backlog) return backlog.error();
      measured = *backlog;
      return {};
    }),
              "");
    return measured;
  }
};
TYPED_TEST_SUITE_P(StoreDeadContract);

TYPED_TEST_P(StoreDeadContract, the_backlog_is_the_dead_rows_and_what_is_due_longest) {
  EXPECT_EQ(this->backlog().dead, 0);
  EXPECT_EQ(this->backlog().oldest_due, std::nullopt);
  this->dead_letter("a");
  this->dead_letter("b");
  EXPECT_EQ(this->backlog().dead, 2);
  EXPECT_EQ(this->backlog(1).dead, 1);
  EXPECT_EQ(this->backlog().oldest_due, std::nullopt) << "dead rows are not due";
  auto bulk = make_mail("c", kNoon + minutes(2));
  bulk.priority = MailPriority::kBulk;
  auto urgent = make_mail("d", kNoon + minutes(5));
  urgent.priority = MailPriority::kUrgent;
  ASSERT_EQ(this->write({.outbox = {urgent, make_mail("e", kNoon + minutes(3)), bulk}}), "");
  EXPECT_EQ(this->backlog().oldest_due, kNoon + minutes(2));
}

TYPED_TEST_P(StoreDeadContract, R6_a_dead_row_is_found_with_all_that_is_known) {
  this->dead_letter("a", "550 no such user");
  const auto rows = this->dead();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].row.id, "a");
  EXPECT_EQ(rows[0].row.kind, "confirm");
  EXPECT_EQ(rows[0].row.body, R"({"v":1})");
  EXPECT_EQ(rows[0].row.account_id, "id-anna");
  EXPECT_EQ(rows[0].row.attempts, 3);
  EXPECT_EQ(rows[0].reason, "550 no such user");
  const auto now = std::chrono::system_clock::now();
  EXPECT_LT(now - rows[0].dead_at, minutes(5));
  EXPECT_GE(now, rows[0].dead_at);
}

TYPED_TEST_P(StoreDeadContract, dead_rows_are_read_in_pages) {
  for (const auto* id : {"a", "b", "c", "d", "e"}) this->dead_letter(id);
  ASSERT_EQ(this->write({.outbox = {make_mail("alive")}}), "");
  const auto all = this->dead();
  ASSERT_EQ(all.size(), 5u);
  std::vector<std::string> paged;
  const DeadRow* after = nullptr;
  for (std::vector<DeadRow> page; (page = this->dead(after, 2)).size() > 0;
       after = &all[paged.size() - 1]) {
    for (const auto& row : page) paged.push_back(row.row.id);
  }
  std::vector<std::string> ids;
  for (const auto& row : all) ids.push_back(row.row.id);
  EXPECT_EQ(paged, ids);
  EXPECT_THAT(this->dead(nullptr, 0), IsEmpty());
}

TYPED_TEST_P(StoreDeadContract, R6_a_replayed_row_is_as_new) {
  this->dead_letter("a");
  this->dead_letter("b");
  ASSERT_EQ(this->write({.outbox = {make_mail("alive", kNoon + minutes(9))}}), "");
  ASSERT_EQ(this->transact([](Store& store) {
    return store.replay_dead(std::vector<DeadReplay>{{"a", "new"}, {"alive", "new"}, {"x", "new"}},
                             kNoon + minutes(5));
  }),
            "");
  EXPECT_THAT(this->dead_ids(), ElementsAre("b"));
  EXPECT_THAT(this->claim(kNoon + minutes(4)), IsEmpty());
  const auto rows = this->claim(kNoon + minutes(9));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].id, "a");
  EXPECT_EQ(rows[0].body, "new");
  EXPECT_EQ(rows[0].attempts, 0);
  EXPECT_EQ(rows[0].available_at, kNoon + minutes(5));
  EXPECT_EQ(rows[0].event, make_mail("a").event);
  EXPECT_EQ(rows[1].body, make_mail("alive").body) << "it was not dead";
}

TYPED_TEST_P(StoreDeadContract, R8_only_dead_rows_can_be_dropped) {
  this->dead_letter("a");
  this->dead_letter("b");
  ASSERT_EQ(this->write({.outbox = {make_mail("alive")}}), "");
  ASSERT_EQ(this->transact([](Store& store) {
    return store.drop_dead(std::vector<std::string>{"a", "alive", "x"});
  }),
            "");
  EXPECT_THAT(this->dead_ids(), ElementsAre("b"));
  EXPECT_THAT(ids_of(this->claim(kNoon)), ElementsAre("alive"));
}

TYPED_TEST_P(StoreDeadContract, text_that_cannot_be_stored_is_rejected) {
  this->dead_letter("a");
  EXPECT_EQ(this->transact([](Store& store) {
    return store.replay_dead(std::vector<DeadReplay>{{"a", "\xff"}}, kNoon);
  }),
            store_error::kRejected);
  EXPECT_EQ(this->transact(
                [](Store& store) { return store.drop_dead(std::vector<std::string>{"\xff"}); }),
            store_error::kRejected);
  EXPECT_THAT(this->dead_ids(), ElementsAre("a"));
}

TYPED_TEST_P(StoreDeadContract, every_row_is_counted_in_one_place) {
  const std::vector<Duration> within{seconds(11), seconds(66), minutes(66)};
  EXPECT_EQ(this->census(kNoon, within).deferred, (std::vector<std::int64_t>{0, 0, 0}));
  this->dead_letter("dead");
  ASSERT_EQ(this->write({.outbox = {make_mail("leased")}}), "");
  ASSERT_EQ(this->claim(kNoon).size(), 1u);
  ASSERT_EQ(this->write({.outbox = {make_mail("now"), make_mail("now too", kNoon - minutes(1)),
                                    make_mail("soon", kNoon + Duration(1)),
                                    make_mail("in 11 s", kNoon + seconds(11)),
                                    make_mail("in 12 s", kNoon + seconds(12)),
                                    make_mail("in an hour", kNoon + minutes(60)),
                                    make_mail("in a day", kNoon + minutes(1440))}}),
            "");
  const auto census = this->census(kNoon, within);
  EXPECT_EQ(census.dead, 1);
  EXPECT_EQ(census.leased, 1);
  EXPECT_EQ(census.waiting, 2);
  EXPECT_EQ(census.deferred, (std::vector<std::int64_t>{2, 1, 2}));
}

REGISTER_TYPED_TEST_SUITE_P(StoreDeadContract, the_backlog_is_the_dead_rows_and_what_is_due_longest,
                            R6_a_dead_row_is_found_with_all_that_is_known,
                            dead_rows_are_read_in_pages, R6_a_replayed_row_is_as_new,
                            R8_only_dead_rows_can_be_dropped,
                            text_that_cannot_be_stored_is_rejected,
                            every_row_is_counted_in_one_place);

}  // namespace postern
