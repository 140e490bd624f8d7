#include "app/watchdog.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace postern {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr const char* kWatchdogTime = "16000000";
constexpr milliseconds kHalf(8000);
constexpr milliseconds kLook(1000);

/// A process whose time passes in waits only. After each wait `step` runs with the wait's number;
/// the last wait ends with the signal to stop.
class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path + 1, sizeof address.sun_path - 2);
    const auto size = offsetof(sockaddr_un, sun_path) + 1 + name_.size();
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)),
              0);
  }
  ~WatchdogTest() override { close(socket_); }

  void serve(std::size_t waits) {
    const ServiceNotifier notifier([this](const char* name) -> const char* {
      if (std::string_view(name) == "NOTIFY_SOCKET") return abstract_name_.c_str();
      return std::string_view(name) == "WATCHDOG_USEC" ? time_ : nullptr;
    });
    serve_until(
        [&](milliseconds time) {
          notified_.push_back(notifications());
          waits_.push_back(time);
          if (step_) step_(waits_.size());
          return waits_.size() == waits;
        },
        notifier, liveness_);
  }

  /// Since the last call.
  int notifications() const {
    int count = 0;
    char text[64];
    while (recv(socket_, text, sizeof text, MSG_DONTWAIT) > 0) ++count;
    return count;
  }

  const std::string name_ = "postern-watchdog-" + std::to_string(getpid());
  const std::string abstract_name_ = "@" + name_;
  const char* time_ = kWatchdogTime;
  const int socket_ = socket(AF_UNIX, SOCK_DGRAM, 0);
  Liveness liveness_;
  std::function<void(std::size_t wait)> step_;
  std::vector<milliseconds> waits_;
  /// Notifications before each wait.
  std::vector<int> notified_;
};

TEST_F(WatchdogTest, notifies_at_half_of_the_time) {
  liveness_.add([](const auto& passed) { passed(); });
  serve(3);
  EXPECT_THAT(waits_, ElementsAre(kHalf, kHalf, kHalf));
  EXPECT_THAT(notified_, ElementsAre(0, 1, 1));
}

TEST_F(WatchdogTest, withholds_the_notification_until_the_last_thread_has_passed) {
  std::function<void()> late;
  liveness_.add([](const auto& passed) { passed(); });
  liveness_.add([&](const auto& passed) { late = passed; });
  step_ = [&](std::size_t wait) {
    if (wait == 3) late();
  };
  serve(5);
  EXPECT_THAT(waits_, ElementsAre(kHalf, kLook, kLook, kHalf, kLook));
  EXPECT_THAT(notified_, ElementsAre(0, 0, 0, 1, 0));
}

TEST_F(WatchdogTest, a_thread_that_passes_the_last_round_late_has_not_passed_this_one) {
  std::vector<std::function<void()>> asked;
  liveness_.add([&](const auto& passed) { asked.push_back(passed); });
  step_ = [&](std::size_t wait) {
    if (wait == 1) asked.front()();
    if (wait == 2) asked.front()();
  };
  serve(3);
  EXPECT_THAT(waits_, ElementsAre(kHalf, kHalf, kLook));
  EXPECT_THAT(notified_, ElementsAre(0, 1, 0));
}

TEST_F(WatchdogTest, a_counter_passes_when_it_moves) {
  std::uint64_t rounds = 1;
  liveness_.add_counter([&] { return rounds; });
  step_ = [&](std::size_t wait) {
    if (wait == 3) ++rounds;
  };
  serve(4);
  EXPECT_THAT(waits_, ElementsAre(kHalf, kHalf, kLook, kHalf));
  EXPECT_THAT(notified_, ElementsAre(0, 1, 0, 1));
}

TEST_F(WatchdogTest, without_a_watchdog_it_only_waits) {
  time_ = nullptr;
  liveness_.add([](const auto&) { FAIL() << "a check without a watchdog"; });
  serve(2);
  EXPECT_THAT(notified_, ElementsAre(0, 0));
}

}  // namespace
}  // namespace postern
