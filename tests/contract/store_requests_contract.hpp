// Accepted requests, in every store.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreRequestsContract : public StoreContract<Database> {
 protected:
  static AcceptedRequest request_of(TimePoint leased_until) {
    return {{},
            true,
            RequestAction::kRecoverPassword,
            {{"Anna@Example.org", "anna@example.org"},
             "ru",
             "https://app.example.com/",
             {"request-1", "00-trace", "192.0.2.1"}},
            kNoon,
            leased_until};
  }

  void accept(const std::string& row, TimePoint leased_until, std::size_t count = 1) {
    const auto request = request_of(leased_until);
    const AcceptedRow accepted{row, std::vector<const AcceptedRequest*>(count, &request)};
    ASSERT_EQ(this->write({.accepted = {accepted}}), "");
  }

  std::vector<AcceptedRequest> claim_requests(const RequestClaim& claim) {
    std::vector<AcceptedRequest> requests;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto claimed = store.claim_requests(claim);
      if (!claimed) return claimed.error();
      requests = *std::move(claimed);
      return {};
    }),
              "");
    return requests;
  }

  std::vector<bool> find_unresolved(const std::vector<RequestPlace>& places) {
    std::vector<bool> unresolved;
    EXPECT_EQ(this->transact([&](Store& store) -> Status {
      auto found = store.find_unresolved(places);
      if (!found) return found.error();
      unresolved = *std::move(found);
      return {};
    }),
              "");
    return unresolved;
  }

  /// "row/index".
  std::vector<std::string> claimed(const RequestClaim& claim) {
    std::vector<std::string> places;
    for (const auto& request : claim_requests(claim)) {
      places.push_back(request.place.row + "/" + std::to_string(request.place.index));
    }
    return places;
  }
};
TYPED_TEST_SUITE_P(StoreRequestsContract);

TYPED_TEST_P(StoreRequestsContract, R1_a_request_comes_back_as_it_was_accepted) {
  this->accept("r1", kNoon, 2);
  const auto requests = this->claim_requests({10, kNoon, kNoon + seconds(30)});
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].place, (RequestPlace{"r1", 0, 2}));
  EXPECT_EQ(requests[1].place, (RequestPlace{"r1", 1, 2}));
  const auto written = this->request_of(kNoon);
  for (const auto& read : requests) {
    EXPECT_EQ(read.action, written.action);
    EXPECT_EQ(read.request.email.address, written.request.email.address);
    EXPECT_EQ(read.request.email.key, written.request.email.key);
    EXPECT_EQ(read.request.locale, written.request.locale);
    EXPECT_EQ(read.request.return_to, written.request.return_to);
    EXPECT_EQ(read.request.context.client_network, written.request.context.client_network);
    EXPECT_EQ(read.request.context.request_id, written.request.context.request_id);
    EXPECT_EQ(read.request.context.traceparent, written.request.context.traceparent);
    EXPECT_EQ(read.accepted_at, kNoon);
    EXPECT_EQ(read.leased_until, kNoon + seconds(30));
  }
}

TYPED_TEST_P(StoreRequestsContract, a_leased_request_is_claimed_after_its_lease) {
  this->accept("r1", kNoon + seconds(30));
  this->accept("r2", kNoon + seconds(10));
  this->accept("r3", kNoon + std::chrono::hours(9));  // by a clock that was set back since
  EXPECT_THAT(this->claimed({10, kNoon + seconds(10), kNoon + seconds(40)}),
              ElementsAre("r2/0", "r3/0"));
  EXPECT_THAT(this->claimed({10, kNoon + seconds(30), kNoon + seconds(60)}), ElementsAre("r1/0"));
  EXPECT_THAT(this->claimed({2, kNoon, kNoon + seconds(90), true}), ElementsAre("r1/0", "r2/0"));
  EXPECT_THAT(this->claimed({2, kNoon, kNoon + seconds(90), true, "r2"}), ElementsAre("r3/0"));
}

TYPED_TEST_P(StoreRequestsContract, R1_a_resolved_request_goes_with_the_transaction) {
  this->accept("r1", kNoon, 2);
  this->accept("r2", kNoon);
  const std::vector<RequestPlace> whole{{"r1", 0, 2}, {"r1", 1, 2}, {"unknown", 0, 1}};
  WriteBatch refused{.audit = {make_entry("a"), make_entry("a")}, .resolved = whole};
  EXPECT_EQ(this->write(refused), store_error::kRejected);
  EXPECT_EQ(this->count(), 3) << "what waits to become an email counts as one that waits";
  ASSERT_EQ(this->write({.inserts = {make_account("anna")}, .resolved = whole}), "");
  EXPECT_EQ(this->count(), 1);
  EXPECT_THAT(this->claimed({10, kNoon, kNoon + seconds(30)}), ElementsAre("r2/0"));
}

TYPED_TEST_P(StoreRequestsContract, R1_the_rest_of_a_row_stays_until_it_is_resolved_as_well) {
  this->accept("r1", kNoon, 13);
  ASSERT_EQ(this->write({.resolved = {{"r1", 1, 13}, {"r1", 12, 13}}}), "");
  EXPECT_EQ(this->count(), 11);
  ASSERT_EQ(this->write({.resolved = {{"r1", 0, 13}}}), "");
  const auto left = this->claimed({10, kNoon, kNoon + seconds(30)});
  EXPECT_THAT(left, ElementsAre("r1/2", "r1/3", "r1/4", "r1/5", "r1/6", "r1/7", "r1/8", "r1/9",
                                "r1/10", "r1/11"));
  WriteBatch rest;
  for (std::size_t index = 2; index < 12; ++index) rest.resolved.push_back({"r1", index, 13});
  ASSERT_EQ(this->write(rest), "");
  EXPECT_EQ(this->count(), 0);
  EXPECT_THAT(this->claimed({10, kNoon, kNoon + seconds(90), true}), IsEmpty());
}

TYPED_TEST_P(StoreRequestsContract, R12_what_is_resolved_is_known_request_by_request) {
  this->accept("r1", kNoon, 13);
  this->accept("r2", kNoon);
  ASSERT_EQ(this->write({.resolved = {{"r1", 12, 13}, {"r1", 1, 13}, {"r2", 0, 1}}}), "");
  EXPECT_THAT(this->find_unresolved({{"r1", 0, 13},
                                     {"r1", 1, 13},
                                     {"r2", 0, 1},
                                     {"r1", 2, 13},
                                     {"r1", 12, 13},
                                     {"unknown", 0, 1},
                                     {"r1", 11, 13}}),
              ElementsAre(true, false, false, true, false, false, true));
}

TYPED_TEST_P(StoreRequestsContract, W6_text_that_no_database_takes_is_rejected) {
  auto request = this->request_of(kNoon);
  request.request.return_to = std::string("a\0b", 3);
  EXPECT_EQ(this->write({.accepted = {{"r1", {&request}}}}), store_error::kRejected);
}

REGISTER_TYPED_TEST_SUITE_P(StoreRequestsContract, R1_a_request_comes_back_as_it_was_accepted,
                            a_leased_request_is_claimed_after_its_lease,
                            R1_a_resolved_request_goes_with_the_transaction,
                            R1_the_rest_of_a_row_stays_until_it_is_resolved_as_well,
                            R12_what_is_resolved_is_known_request_by_request,
                            W6_text_that_no_database_takes_is_rejected);

}  // namespace postern
