#include "http/exchange.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace postern {
namespace {

struct Waiter final : ResponseWaiter {
  int responses = 0;
  void on_response() override { ++responses; }
};

struct ExchangeTest : testing::Test {
  int wakes = 0;
  std::shared_ptr<ResponseQueue> queue = std::make_shared<ResponseQueue>([this] { ++wakes; });
  std::shared_ptr<Exchange> exchange = std::make_shared<Exchange>(queue);
  Waiter waiter;

  static HttpResponse with_body(const char* body) { return HttpResponse{200, "", body, {}}; }
};

TEST_F(ExchangeTest, an_inline_response_needs_no_wake_up) {
  exchange->responder()(with_body("x"));
  EXPECT_FALSE(exchange->wait(waiter));
  EXPECT_EQ(exchange->take().body, "x");
  EXPECT_EQ(wakes, 0);
}

TEST_F(ExchangeTest, one_wake_up_for_many_responses) {
  const auto other = std::make_shared<Exchange>(queue);
  const Respond respond = exchange->responder();
  const Respond respond_other = other->responder();
  EXPECT_TRUE(exchange->wait(waiter));
  EXPECT_TRUE(other->wait(waiter));
  std::jthread([&] {
    respond(with_body("a"));
    respond_other(with_body("b"));
  }).join();
  EXPECT_EQ(wakes, 1);
  EXPECT_EQ(waiter.responses, 0) << "not on the other thread";
  queue->deliver();
  EXPECT_EQ(waiter.responses, 2);
  EXPECT_EQ(exchange->take().body, "a");
  EXPECT_EQ(other->take().body, "b");
}

TEST_F(ExchangeTest, the_first_response_counts) {
  const Respond respond = exchange->responder();
  respond(with_body("first"));
  respond(with_body("second"));
  EXPECT_EQ(exchange->take().body, "first");
}

TEST_F(ExchangeTest, a_respond_that_goes_uncalled_is_a_500) {
  {
    const Respond respond = exchange->responder();
    const Respond copy = respond;
    EXPECT_TRUE(exchange->wait(waiter));
  }
  EXPECT_EQ(wakes, 1);
  queue->deliver();
  EXPECT_EQ(waiter.responses, 1);
  EXPECT_EQ(exchange->take().status, 500);
}

TEST_F(ExchangeTest, one_living_copy_is_enough) {
  Respond kept;
  {
    const Respond respond = exchange->responder();
    kept = respond;
  }
  kept(with_body("late"));
  EXPECT_EQ(exchange->take().body, "late");
}

TEST_F(ExchangeTest, a_late_response_is_dropped_and_its_request_still_there) {
  exchange->request.path = "/a";
  const HttpRequest& request = exchange->request;
  const Respond respond = exchange->responder();
  EXPECT_TRUE(exchange->wait(waiter));
  EXPECT_TRUE(exchange->abandon());
  exchange.reset();
  EXPECT_EQ(request.path, "/a");
  respond(with_body("late"));
  queue->deliver();
  EXPECT_EQ(waiter.responses, 0);
  EXPECT_EQ(wakes, 0);
}

TEST_F(ExchangeTest, a_response_on_its_way_cannot_be_abandoned) {
  const Respond respond = exchange->responder();
  EXPECT_TRUE(exchange->wait(waiter));
  respond(with_body("x"));
  EXPECT_FALSE(exchange->abandon());
  queue->deliver();
  EXPECT_EQ(waiter.responses, 1);
}

TEST_F(ExchangeTest, a_closed_queue_drops_and_wakes_no_thread) {
  const Respond respond = exchange->responder();
  EXPECT_TRUE(exchange->wait(waiter));
  queue->close();
  respond(with_body("x"));
  EXPECT_EQ(wakes, 0);
}

}  // namespace
}  // namespace postern
