#include "app/database_wait.hpp"

#include <gmock/gmock.h>

#include "app/wiring.hpp"

namespace postern {
namespace {

using State = DatabaseProbe::State;
using testing::ElementsAre;
using testing::HasSubstr;

/// A database that goes through `states` and stays at the last one, and a clock that only a pause
/// moves.
struct Scene {
  std::vector<State> states;
  std::size_t probes = 0;
  std::size_t pauses_until_stop = 1'000'000;
  std::chrono::steady_clock::time_point time{};
  std::vector<std::string> lines = {};

  DatabaseWait wait() {
    return {[this] {
              const auto state = states[std::min(probes++, states.size() - 1)];
              return DatabaseProbe{.state = state, .detail = state == State::kReady ? "" : "why"};
            },
            [this](std::chrono::milliseconds pause) {
              time += pause;
              return pauses_until_stop-- == 0;
            },
            [this](const std::string& line) { lines.push_back(line); }, [this] { return time; }};
  }
};

TEST(DatabaseWait, U1_a_database_that_comes_up_later_is_waited_for_with_one_line) {
  Scene scene{std::vector<State>(100, State::kAway)};
  scene.states.push_back(State::kReady);
  EXPECT_TRUE(wait_for_database(scene.wait()));
  EXPECT_EQ(scene.probes, 101U);
  EXPECT_THAT(scene.lines, ElementsAre(HasSubstr("waiting up to 60 s"), HasSubstr("answers")));
}

TEST(DatabaseWait, one_that_is_there_costs_no_line) {
  Scene scene{{State::kReady}};
  EXPECT_TRUE(wait_for_database(scene.wait()));
  EXPECT_THAT(scene.lines, testing::IsEmpty());
}

TEST(DatabaseWait, one_that_refuses_is_not_waited_for) {
  Scene at_once{{State::kRefused}};
  EXPECT_THROW(wait_for_database(at_once.wait()), StartError);
  EXPECT_EQ(at_once.time, Scene{}.time);
  Scene later{{State::kAway, State::kAway, State::kRefused}};
  EXPECT_THROW(wait_for_database(later.wait()), StartError);
  EXPECT_EQ(later.probes, 3U);
}

TEST(DatabaseWait, one_that_stays_away_ends_the_start_after_a_minute) {
  Scene scene{{State::kAway}};
  EXPECT_THROW(wait_for_database(scene.wait()), StartError);
  EXPECT_EQ(scene.time - Scene{}.time, std::chrono::seconds(60));
}

TEST(DatabaseWait, R14_a_stop_signal_ends_the_wait) {
  Scene scene{{State::kAway}};
  scene.pauses_until_stop = 2;
  EXPECT_FALSE(wait_for_database(scene.wait()));
}

}  // namespace
}  // namespace postern
