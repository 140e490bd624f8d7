// Accepted requests, in every store.
//
// Thread contract: one test, one thread.
#pragma once

#include "contract/store_contract.hpp"

namespace postern {

template <class Database>
class StoreRequestsContract : public StoreContract<Database> {
 protected:
  static AcceptedRequest request_of(const std::string& id, TimePoint leased_until) {
    AcceptedRequest request;
    request.id = id;
    request.action = RequestAction::kRecoverPassword;
    request.email = "Anna@Example.org";
    request.email_key = "anna@example.org";
    request.locale = "ru";
    request.return_to = "https://app.example.com/";
    request.client = "192.0.2.1";
    request.request_id = "request-1";
    request.traceparent = "00-trace";
    request.accepted_at = kNoon;
    request.leased_until = leased_until;
    return request;
  }

  void accept(const std::string& id, TimePoint leased_until) {
    const auto request = request_of(id, leased_until);
    ASSERT_EQ(this->write({.accepted = {&request}}), "");
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

  std::vector<std::string> claimed_ids(const RequestClaim& claim) {
    std::vector<std::string> ids;
    for (const auto& request : claim_requests(claim)) ids.push_back(request.id);
    return ids;
  }
};
TYPED_TEST_SUITE_P(StoreRequestsContract);

TYPED_TEST_P(StoreRequestsContract, R1_a_request_comes_back_as_it_was_accepted) {
  this->accept("r1", kNoon);
  const auto requests = this->claim_requests({10, kNoon, kNoon + seconds(30)});
  ASSERT_EQ(requests.size(), 1u);
  const auto& read = requests.front();
  const auto written = this->request_of("r1", kNoon);
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.action, written.action);
  EXPECT_EQ(read.email, written.email);
  EXPECT_EQ(read.email_key, written.email_key);
  EXPECT_EQ(read.locale, written.locale);
  EXPECT_EQ(read.return_to, written.return_to);
  EXPECT_EQ(read.client, written.client);
  EXPECT_EQ(read.request_id, written.request_id);
  EXPECT_EQ(read.traceparent, written.traceparent);
  EXPECT_EQ(read.accepted_at, kNoon);
  EXPECT_EQ(read.leased_until, kNoon + seconds(30));
}

TYPED_TEST_P(StoreRequestsContract, a_leased_request_is_claimed_after_its_lease) {
  this->accept("r1", kNoon + seconds(30));
  this->accept("r2", kNoon + seconds(10));
  this->accept("r3", kNoon + std::chrono::hours(9));  // by a clock that was set back since
  EXPECT_THAT(this->claimed_ids({10, kNoon + seconds(10), kNoon + seconds(40)}),
              ElementsAre("r2", "r3"));
  EXPECT_THAT(this->claimed_ids({10, kNoon + seconds(30), kNoon + seconds(60)}), ElementsAre("r1"));
  EXPECT_THAT(this->claimed_ids({2, kNoon, kNoon + seconds(90), true}), ElementsAre("r1", "r2"));
}

TYPED_TEST_P(StoreRequestsContract, R1_a_resolved_request_goes_with_the_transaction) {
  this->accept("r1", kNoon);
  this->accept("r2", kNoon);
  WriteBatch refused{.audit = {make_entry("a"), make_entry("a")}, .resolved = {"r1"}};
  EXPECT_EQ(this->write(refused), store_error::kRejected);
  ASSERT_EQ(this->write({.inserts = {make_account("anna")}, .resolved = {"r1", "unknown"}}), "");
  EXPECT_EQ(this->count(), 1) << "what waits to become an email counts as one that waits";
  EXPECT_THAT(this->claimed_ids({10, kNoon, kNoon + seconds(30)}), ElementsAre("r2"));
}

TYPED_TEST_P(StoreRequestsContract, W6_text_that_no_database_takes_is_rejected) {
  auto request = this->request_of("r1", kNoon);
  request.return_to = std::string("a\0b", 3);
  EXPECT_EQ(this->write({.accepted = {&request}}), store_error::kRejected);
}

REGISTER_TYPED_TEST_SUITE_P(StoreRequestsContract, R1_a_request_comes_back_as_it_was_accepted,
                            a_leased_request_is_claimed_after_its_lease,
                            R1_a_resolved_request_goes_with_the_transaction,
                            W6_text_that_no_database_takes_is_rejected);

}  // namespace postern
