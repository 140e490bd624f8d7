#include "app/service_notifier.hpp"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <filesystem>
#include <map>

namespace postern {
namespace {

using std::chrono::microseconds;

/// The service manager's socket: bound to a path, or to an abstract name where that begins with @.
class Manager {
 public:
  explicit Manager(std::string name) : name_(std::move(name)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (name_[0] == '@') address.sun_path[0] = '\0';
    const auto size = offsetof(sockaddr_un, sun_path) + name_.size();
    EXPECT_EQ(bind(file_, reinterpret_cast<sockaddr*>(&address), static_cast<socklen_t>(size)), 0);
  }
  ~Manager() {
    close(file_);
    if (name_[0] != '@') unlink(name_.c_str());
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// Fills the socket with empty datagrams.
  void fill() const {
    const int file = socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    while (sendto(file, "", 0, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&address),
                  sizeof address) == 0) {
    }
    close(file);
  }

  /// The next notification; a datagram on a socket of this machine is there when it was sent.
  std::string next() const {
    char text[64];
    const auto size = recv(file_, text, sizeof text, MSG_DONTWAIT);
    return size < 0 ? "none" : std::string(text, static_cast<std::size_t>(size));
  }

 private:
  const int file_ = socket(AF_UNIX, SOCK_DGRAM, 0);
  const std::string name_;
};

ServiceNotifier notifier(const std::map<std::string, std::string>& variables) {
  return ServiceNotifier([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string unique_name() { return "postern-notify-" + std::to_string(getpid()); }

std::string unique_path() { return (std::filesystem::temp_directory_path() / unique_name()); }

TEST(ServiceNotifier, sends_each_state_as_one_datagram) {
  const Manager manager(unique_path());
  const auto service = notifier({{"NOTIFY_SOCKET", unique_path()}});
  service.ready();
  service.alive();
  service.stopping();
  EXPECT_EQ(manager.next(), "READY=1");
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  EXPECT_EQ(manager.next(), "STOPPING=1");
  EXPECT_EQ(manager.next(), "none");
}

TEST(ServiceNotifier, finds_an_abstract_socket) {
  const Manager manager("@" + unique_name());
  notifier({{"NOTIFY_SOCKET", "@" + unique_name()}}).ready();
  EXPECT_EQ(manager.next(), "READY=1");
}

TEST(ServiceNotifier, sends_nothing_without_a_socket_it_can_reach) {
  notifier({}).ready();
  notifier({{"NOTIFY_SOCKET", unique_path() + "-absent"}}).ready();
  notifier({{"NOTIFY_SOCKET", "/" + std::string(200, 'x')}}).ready();
}

TEST(ServiceNotifier, does_not_wait_forever_for_a_manager_that_does_not_read) {
  const Manager manager(unique_path());
  const auto service = notifier({{"NOTIFY_SOCKET", unique_path()}});
  manager.fill();
  service.stopping();
  EXPECT_EQ(manager.next(), "");
}

TEST(ServiceNotifier, has_a_watchdog_where_the_manager_waits_for_this_process) {
  const std::string own = std::to_string(getpid());
  const auto watchdog = [](std::map<std::string, std::string> variables) {
    variables.emplace("NOTIFY_SOCKET", "/run/notify");
    return notifier(variables).watchdog();
  };
  EXPECT_EQ(watchdog({{"WATCHDOG_USEC", "3000"}}), microseconds(3000));
  EXPECT_EQ(watchdog({{"WATCHDOG_USEC", "3000"}, {"WATCHDOG_PID", own}}), microseconds(3000));
  EXPECT_EQ(watchdog({{"WATCHDOG_USEC", "3000"}, {"WATCHDOG_PID", "1"}}), std::nullopt);
  EXPECT_EQ(watchdog({{"WATCHDOG_USEC", "soon"}}), std::nullopt);
  EXPECT_EQ(watchdog({{"WATCHDOG_USEC", "0"}}), std::nullopt);
  EXPECT_EQ(watchdog({}), std::nullopt);
  EXPECT_EQ(notifier({{"WATCHDOG_USEC", "3000"}}).watchdog(), std::nullopt);
}

}  // namespace
}  // namespace postern
