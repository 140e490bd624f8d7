#include "queue_rabbit/confirm_window.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern {
namespace {

using enum PublishOutcome;
using ::testing::ElementsAre;

ConfirmWindow window_of(int count) {
  ConfirmWindow window;
  for (int i = 1; i <= count; ++i) window.add("x", "m" + std::to_string(i));
  return window;
}

TEST(ConfirmWindow, an_empty_one_is_complete) { EXPECT_TRUE(ConfirmWindow().is_complete()); }

TEST(ConfirmWindow, confirms_come_one_by_one_and_out_of_order) {
  auto window = window_of(3);
  window.confirm(3, false);
  window.confirm(1, false);
  EXPECT_FALSE(window.is_complete());
  window.confirm(2, false);
  EXPECT_TRUE(window.is_complete());
  EXPECT_THAT(window.finish(), ElementsAre(kTaken, kTaken, kTaken));
}

TEST(ConfirmWindow, multiple_means_all_up_to_the_tag) {
  auto window = window_of(5);
  window.confirm(3, true);
  window.refuse(5, true);
  EXPECT_TRUE(window.is_complete());
  EXPECT_THAT(window.finish(), ElementsAre(kTaken, kTaken, kTaken, kRefused, kRefused));
}

TEST(ConfirmWindow, R3_a_nack_is_not_undone_by_a_later_multiple_ack) {
  auto window = window_of(3);
  window.refuse(2, false);
  window.confirm(3, true);
  EXPECT_THAT(window.finish(), ElementsAre(kTaken, kRefused, kTaken));
}

TEST(ConfirmWindow, R3_a_returned_message_is_not_confirmed_by_its_ack) {
  auto window = window_of(3);
  window.returned("x", "m2");
  // Another message with this id went elsewhere.
  window.returned("y", "m3");
  EXPECT_FALSE(window.is_complete());
  window.confirm(3, true);
  EXPECT_THAT(window.finish(), ElementsAre(kTaken, kReturned, kTaken));
}

TEST(ConfirmWindow, tags_go_on_in_the_next_window) {
  auto window = window_of(2);
  window.confirm(2, true);
  EXPECT_THAT(window.finish(), ElementsAre(kTaken, kTaken));
  window.add("x", "m3");
  window.confirm(2, false);
  window.confirm(99, true);
  EXPECT_FALSE(window.is_complete());
  window.confirm(3, false);
  EXPECT_THAT(window.finish(), ElementsAre(kTaken));
}

TEST(ConfirmWindow, R3_what_is_still_pending_is_not_confirmed) {
  auto window = window_of(2);
  window.confirm(1, false);
  EXPECT_THAT(window.finish(), ElementsAre(kTaken, kRefused));
}

}  // namespace
}  // namespace postern
