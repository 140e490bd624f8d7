#include "account/request_resolver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "fakes/memory_store.hpp"
#include "text/email.hpp"

namespace postern {
namespace {

using fakes::MemoryDatabase;
using fakes::MemoryStore;
using fakes::StoreStep;
using testing::ElementsAre;
using testing::IsEmpty;

class RequestResolverTest : public ::testing::Test {
 protected:
  void start(Duration delay = Duration::zero(), bool alone = false) {
    resolver_.emplace(services_, log_, RequestResolverOptions{delay, alone});
  }

  Status submit(const std::string& address, RequestAction action = RequestAction::kRegister) {
    const auto answer = std::make_shared<std::promise<Status>>();
    auto future = answer->get_future();
    MailRequest request{*parse_email(address), "en", {}, {"request-1", {}, "192.0.2.1"}};
    resolver_->submit(action, std::move(request),
                      [answer](Status status) { answer->set_value(std::move(status)); });
    if (future.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
      return Error{"unanswered", Retry::kNever, "no answer within 10 s"};
    }
    return future.get();
  }

  /// As a process leaves one that was killed after it accepted it.
  void leave(const std::string& address, TimePoint leased_until) {
    AcceptedRequest request;
    request.request = {{address, address}, "en", {}, {}};
    request.accepted_at = clock_.now();
    request.leased_until = leased_until;
    ASSERT_TRUE(writer_.run([&](Store& store) {
      return store.write({.accepted = {{new_id(clock_.now()), {&request}}}});
    }));
  }

  std::vector<std::string> recipients() {
    std::vector<std::string> emails;
    for (const auto& [id, account] : database_.state().accounts) emails.push_back(account.email);
    return emails;
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  ManualClock clock_{from_unix_ms(1'795'361'400'000)};
  MemoryDatabase database_;
  Writer writer_{std::make_unique<MemoryStore>(database_), log_};
  AccountServices services_{writer_, clock_};
  std::optional<RequestResolver> resolver_;
};

TEST_F(RequestResolverTest, E2_what_is_answered_is_one_row_of_the_request_alone) {
  start(std::chrono::hours(1));
  ASSERT_TRUE(submit("anna@example.com"));
  auto state = database_.state();
  EXPECT_TRUE(state.accounts.empty());
  EXPECT_TRUE(state.outbox.empty());
  EXPECT_TRUE(state.audit.empty());
  ASSERT_EQ(state.requests.size(), 1u);
  EXPECT_EQ(state.requests.begin()->second.request.email.address, "anna@example.com");
  EXPECT_EQ(resolver_->unresolved(), 1u);
  resolver_.reset();  // which resolves what waits
  state = database_.state();
  EXPECT_EQ(state.outbox.size(), 1u);
  EXPECT_EQ(state.audit.size(), 1u);
  EXPECT_EQ(state.audit[0].request_id, "request-1");
  EXPECT_TRUE(state.requests.empty());
}

TEST_F(RequestResolverTest, R1_an_acceptance_that_fails_is_an_error_and_leaves_nothing) {
  start();
  for (const auto step : {StoreStep::kBegin, StoreStep::kWrite, StoreStep::kCommit}) {
    database_.fail_next(step, Error{store_error::kUnavailable, Retry::kLater, "away"});
    const auto status = submit("anna@example.com");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, store_error::kUnavailable);
    EXPECT_TRUE(database_.state().requests.empty());
    EXPECT_EQ(resolver_->unresolved(), 0u);
  }
}

TEST_F(RequestResolverTest, R1_a_resolution_that_fails_is_repeated) {
  start();
  database_.fail_next(StoreStep::kFind, Error{store_error::kUnavailable, Retry::kLater, "away"});
  ASSERT_TRUE(submit("anna@example.com"));
  resolver_->drain();
  EXPECT_THAT(recipients(), ElementsAre("anna@example.com"));
  EXPECT_EQ(database_.state().outbox.size(), 1u);
  EXPECT_TRUE(database_.state().requests.empty());
}

TEST_F(RequestResolverTest, R12_a_commit_whose_answer_is_lost_does_not_make_a_second_email) {
  start();
  // The acceptance's commit is the first one.
  database_.fail_next(StoreStep::kCommitted,
                      Error{store_error::kUnavailable, Retry::kLater, "away"}, 1);
  ASSERT_TRUE(submit("anna@example.com"));
  resolver_->drain();
  EXPECT_EQ(database_.count(StoreStep::kFind), 2u) << "it was tried again";
  const auto state = database_.state();
  EXPECT_EQ(state.outbox.size(), 1u);
  EXPECT_EQ(state.audit.size(), 1u);
  EXPECT_TRUE(state.requests.empty());
}

TEST_F(RequestResolverTest, R12_what_another_process_resolved_meanwhile_is_not_resolved_again) {
  start(std::chrono::hours(1));
  ASSERT_TRUE(submit("anna@example.com"));
  // This process stands still; its clock does not, for the other one.
  ManualClock late(clock_.now() + limits::kRequestLease);
  AccountServices others{writer_, late};
  RequestResolver(others, log_, {}).drain();
  ASSERT_EQ(database_.state().outbox.size(), 1u);
  resolver_.reset();
  EXPECT_EQ(database_.state().outbox.size(), 1u);
  EXPECT_TRUE(database_.state().requests.empty());
}

TEST_F(RequestResolverTest, R1_what_a_killed_process_left_is_resolved_after_its_lease) {
  leave("anna@example.com", clock_.now());
  leave("boris@example.com", clock_.now() + std::chrono::seconds(9));
  start();
  resolver_->drain();
  EXPECT_THAT(recipients(), ElementsAre("anna@example.com"));
}

TEST_F(RequestResolverTest, R1_the_only_process_does_not_wait_for_leases) {
  leave("anna@example.com", clock_.now() + std::chrono::seconds(30));
  start(Duration::zero(), true);
  resolver_->drain();
  EXPECT_THAT(recipients(), ElementsAre("anna@example.com"));
  EXPECT_TRUE(database_.state().requests.empty());
}

TEST_F(RequestResolverTest, R1_more_rows_than_one_transaction_takes_over_are_resolved_once_each) {
  const std::size_t rows = 2 * limits::kAdoptedRows + 1;
  for (std::size_t i = 0; i < rows; ++i) {
    leave("left" + std::to_string(i) + "@example.com", clock_.now() + std::chrono::seconds(30));
  }
  start(Duration::zero(), true);
  resolver_->drain();
  EXPECT_EQ(recipients().size(), rows);
  EXPECT_EQ(database_.state().outbox.size(), rows);
  EXPECT_TRUE(database_.state().requests.empty());
}

TEST_F(RequestResolverTest, a_request_whose_lease_has_ended_is_left_to_others) {
  start(std::chrono::milliseconds(1));
  database_.fail_next(StoreStep::kFind, Error{store_error::kUnavailable, Retry::kLater, "away"});
  ASSERT_TRUE(submit("anna@example.com"));
  clock_.advance(limits::kRequestLease);
  resolver_->drain();
  EXPECT_LE(database_.state().outbox.size() + database_.state().requests.size(), 1u)
      << "resolved before the lease ended, or left with its row: never both";
}

TEST_F(RequestResolverTest, R13_a_full_outbox_is_an_error) {
  services_.outbox_full = [] { return true; };
  start();
  EXPECT_EQ(submit("anna@example.com").error().code, "overloaded");
  EXPECT_TRUE(database_.state().requests.empty());
}

}  // namespace
}  // namespace postern
