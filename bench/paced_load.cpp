// A load of a constant rate: how long responses take when requests come as people send them, and
// not when the server is ready for the next one.
//
//   paced_load --port N --rate N --seconds N --run NAME
//
// Each request registers a new address of register.lua's kind on 127.0.0.1. It is due at a fixed
// time; where all connections are busy then, it waits, and its latency counts from when it was due.
// Prints one JSON object: requests, refused (not 2xx), and the latencies in milliseconds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
/// Below what a server allows to one client.
constexpr int kConnections = 400;
constexpr auto kLastAnswer = std::chrono::seconds(10);

struct Options {
  int port = 0, rate = 0, seconds = 0;
  std::string run;
};

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "paced_load: %s\n", what);
  std::exit(1);
}

struct Connection {
  int socket = -1;
  Clock::time_point due = {};
  std::string input = {};
};

int connect_to(int port) {
  const int made = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("cannot connect");
  }
  return made;
}

/// Whether `input` has a response with all of its body.
bool is_whole(std::string_view input) {
  const auto head = input.find("\r\n\r\n");
  if (head == input.npos) return false;
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const auto length = input.find(kLength);
  if (length > head) fail("a response without Content-Length");
  const auto bytes = std::strtoul(input.data() + length + kLength.size(), nullptr, 10);
  return input.size() >= head + 4 + bytes;
}

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {
    for (int i = 0; i < kConnections; ++i) idle_.push_back({connect_to(options.port)});
  }

  void run() {
    const auto interval = std::chrono::nanoseconds(1'000'000'000 / options_.rate);
    auto due = Clock::now();
    const auto ends = due + std::chrono::seconds(options_.seconds);
    for (;;) {
      const auto now = Clock::now();
      for (; due <= now && due < ends; due += interval) due_.push_back(due);
      while (!due_.empty() && !idle_.empty()) send_next();
      if (busy_.empty() && due >= ends) return;
      if (now > ends + kLastAnswer) fail("requests are not answered");
      wait(due < ends ? due - now : kLastAnswer);
    }
  }

  void print() {
    std::sort(times_ms_.begin(), times_ms_.end());
    const auto at = [this](double share) {
      return times_ms_[static_cast<std::size_t>(static_cast<double>(times_ms_.size() - 1) * share)];
    };
    std::printf(
        "{\"requests\": %zu, \"refused\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, "
        "\"p999_ms\": %.3f, \"max_ms\": %.3f}\n",
        times_ms_.size(), refused_, at(0.5), at(0.99), at(0.999), times_ms_.back());
  }

 private:
  void send_next() {
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    connection.due = due_.front();
    due_.pop_front();
    // An odd factor visits every number below 2^32 once, in no order that an index would like.
    constexpr std::uint32_t kFactor = 2654435761;
    char body[128];
    const int size = std::snprintf(body, sizeof body, "{\"email\":\"%08x.%s@bench.example\"}",
                                   ++count_ * kFactor, options_.run.c_str());
    char request[512];
    const int bytes = std::snprintf(request, sizeof request,
                                    "POST /register HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
                                    "application/json\r\nContent-Length: %d\r\n\r\n%s",
                                    size, body);
    if (::send(connection.socket, request, static_cast<std::size_t>(bytes), MSG_NOSIGNAL) !=
        bytes) {
      fail("cannot send");
    }
    busy_.push_back(std::move(connection));
  }

  void wait(Clock::duration most) {
    std::vector<pollfd> polled;
    for (const auto& connection : busy_) polled.push_back({connection.socket, POLLIN, 0});
    const auto ns = std::max<std::int64_t>(std::chrono::nanoseconds(most).count(), 0);
    const timespec timeout{ns / 1'000'000'000, ns % 1'000'000'000};
    ::ppoll(polled.data(), polled.size(), &timeout, nullptr);
    // From the last to the first, so that what is removed moves nothing that is still to be read.
    for (std::size_t i = polled.size(); i-- > 0;) {
      if (polled[i].revents != 0) receive(i);
    }
  }

  void receive(std::size_t index) {
    auto& connection = busy_[index];
    char bytes[8192];
    const auto received = ::recv(connection.socket, bytes, sizeof bytes, 0);
    if (received <= 0) fail("the server hung up");
    connection.input.append(bytes, static_cast<std::size_t>(received));
    if (!is_whole(connection.input)) return;
    const std::chrono::duration<double, std::milli> taken = Clock::now() - connection.due;
    times_ms_.push_back(taken.count());
    refused_ += !connection.input.starts_with("HTTP/1.1 2");
    connection.input.clear();
    idle_.push_back(std::move(connection));
    busy_.erase(busy_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  const Options& options_;
  std::vector<Connection> idle_, busy_;
  std::deque<Clock::time_point> due_;
  std::uint32_t count_ = 0;
  std::vector<double> times_ms_;
  std::size_t refused_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--run") options.run = argv[i + 1];
    const int value = std::atoi(argv[i + 1]);
    if (name == "--port") options.port = value;
    if (name == "--rate") options.rate = value;
    if (name == "--seconds") options.seconds = value;
  }
  if (argc % 2 == 0 || options.run.empty() || options.rate < 1 || options.seconds < 1) {
    std::fprintf(stderr, "usage: paced_load --port N --rate N --seconds N --run NAME\n");
    return 2;
  }
  Load load(options);
  load.run();
  load.print();
}
