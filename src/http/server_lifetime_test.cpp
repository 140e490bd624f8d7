// Time-outs, caps and the end of the server. Every wait is for a thing that happens, and the
// time-outs are short; nothing here depends on how fast the machine is.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <atomic>
#include <ctime>
#include <fstream>
#include <future>

#include "http/running_server_test.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

/// The status of the response; 0 when there is none.
int answered(RawClient& client, std::string_view request) {
  if (!client.send(request)) return 0;
  const auto response = client.read();
  return response ? response->status : 0;
}

TEST(ServerLifetime, W2_a_head_that_drips_in_is_cut_off) {
  HttpServerOptions options;
  options.timeouts.header = 100ms;
  RunningServer server(options);
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /echo HTTP/1.1\r\nHost: h\r\n"));
  std::jthread dripping([&](const std::stop_token& stop) {
    // The total counts: bytes that keep coming do not put the end off.
    while (!stop.stop_requested() && client.send("X: y\r\n")) std::this_thread::yield();
  });
  const auto response = client.read();
  dripping.request_stop();
  EXPECT_TRUE(!response || response->status == 408 || response->status == 431) << response->head;
}

TEST(ServerLifetime, W2_a_head_that_never_ends_is_a_408) {
  HttpServerOptions options;
  options.timeouts.header = 50ms;
  RunningServer server(options);
  RawClient client(server.port());
  const auto response = client.ask("GET /echo HTTP/1.1\r\nHo");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_NE(response->body.find("request_timeout"), std::string::npos);
  EXPECT_TRUE(client.is_closed());
}

TEST(ServerLifetime, W2_a_body_that_never_ends_is_a_408) {
  HttpServerOptions options;
  options.timeouts.body = 50ms;
  RunningServer server(options);
  for (const char* framing : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
    RawClient client(server.port());
    const auto response =
        client.ask("POST /echo HTTP/1.1\r\nHost: h\r\n" + std::string(framing) + "\r\n\r\n5\r\nab");
    ASSERT_TRUE(response) << framing;
    EXPECT_EQ(response->status, 408) << framing;
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(ServerLifetime, W2_silent_and_idle_connections_are_closed) {
  HttpServerOptions options;
  options.timeouts.header = 50ms;
  options.timeouts.idle = 50ms;
  RunningServer server(options);
  RawClient silent(server.port());
  EXPECT_TRUE(silent.is_closed());
  RawClient idle(server.port());
  EXPECT_EQ(idle.ask(get("/echo"))->status, 200);
  EXPECT_TRUE(idle.is_closed());
}

TEST(ServerLifetime, W2_a_client_that_does_not_read_is_cut_off) {
  HttpServerOptions options;
  options.timeouts.write = 50ms;
  RunningServer server(options);
  RawClient client(server.port());
  ASSERT_TRUE(client.send(get("/large") + get("/large") + get("/large")));
  RawClient other(server.port());
  EXPECT_EQ(other.ask(get("/echo"))->status, 200) << "no other client waits";
  // The server hangs up although this client never reads: its sending fails in the end.
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (client.send(get("/echo"))) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
}

TEST(ServerLifetime, a_response_that_does_not_come_is_a_503) {
  HttpServerOptions options;
  options.timeouts.response = 50ms;
  RunningServer server(options);
  RawClient client(server.port());
  const auto response = client.ask(post("/held", "still here"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  ASSERT_TRUE(server.held().wait_for(1));
  EXPECT_EQ(server.held().request().body, "still here") << "the request outlives its response";
  server.held().take()(HttpResponse{200, "text/plain", "late", {}});
  EXPECT_EQ(client.ask(post("/echo", "next"))->body, "POST /echo? 127.0.0.1 next");
}

TEST(ServerLifetime, a_client_that_went_away_harms_no_other) {
  RunningServer server;
  {
    RawClient client(server.port());
    ASSERT_TRUE(client.send(post("/held", "x")));
    ASSERT_TRUE(server.held().wait_for(1));
  }
  server.held().take()(HttpResponse{200, "text/plain", "late", {}});
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/echo"))->status, 200);
}

TEST(ServerLifetime, W2_one_client_has_so_many_connections) {
  HttpServerOptions options;
  options.max_connections_per_client = 2;
  RunningServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  EXPECT_EQ(first.ask(get("/echo"))->status, 200);
  EXPECT_EQ(second.ask(get("/echo"))->status, 200);
  RawClient third(server.port());
  EXPECT_TRUE(third.is_closed());
  EXPECT_EQ(server.connections().refused_client, 1u);
  EXPECT_EQ(first.ask(get("/echo"))->status, 200);
  RawClient other(server.port(), 2);
  EXPECT_EQ(other.ask(get("/echo"))->status, 200) << "others have their own share";
}

TEST(ServerLifetime, W2_a_share_full_of_idle_connections_takes_the_next_one) {
  HttpServerOptions options;
  options.max_connections_per_client = 2;
  options.timeouts.eviction = 0ms;
  RunningServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  ASSERT_EQ(first.ask(get("/echo"))->status, 200);
  ASSERT_TRUE(second.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"));
  RawClient third(server.port());
  EXPECT_EQ(answered(third, get("/echo")), 200);
  EXPECT_TRUE(first.is_closed()) << "kept alive: it goes first";
  EXPECT_EQ(server.connections().evicted_keep_alive, 1u);
}

/// The number of the next descriptor that is opened.
int next_descriptor() {
  const int next = dup(STDERR_FILENO);
  ::close(next);
  return next;
}

TEST(ServerLifetime, W2_without_descriptors_it_waits_and_does_not_spin) {
  RunningServer server;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit tight{static_cast<rlim_t>(next_descriptor() + 1), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  RawClient client(server.port());
  client.send(get("/echo"));
  const std::clock_t cpu = std::clock();
  pollfd readable{client.descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&readable, 1, 400), 0) << "nothing can be accepted";
  EXPECT_LT(std::clock() - cpu, CLOCKS_PER_SEC / 5) << "of 0.4 s";
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(client.read()->status, 200);
}

TEST(ServerLifetime, W2_without_descriptors_a_waiting_connection_is_closed) {
  for (const std::size_t threads : {1u, 2u}) {
    HttpServerOptions options;
    options.threads = threads;
    RunningServer server(options);
    RawClient silent(server.port(), 2);
    RawClient silent_too(server.port(), 2);
    RawClient newcomer(server.port(), 3);
    ASSERT_EQ(answered(silent, get("/echo")), 200);
    ASSERT_EQ(answered(silent_too, get("/echo")), 200);
    ASSERT_EQ(answered(newcomer, get("/echo")), 200);
    RawClient last(server.port(), 4, 0, RawClient::kConnectLater);
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit tight{static_cast<rlim_t>(next_descriptor()), before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
    last.connect_now();
    const int status = answered(last, get("/echo"));
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(status, 200);
    EXPECT_GE(server.connections().evicted_keep_alive, 1u);
  }
}

TEST(ServerLifetime, W2_a_trusted_proxy_is_many_clients) {
  HttpServerOptions options;
  options.max_connections_per_client = 1;
  options.trusted_proxies = {"127.0.0.1"};
  RunningServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  EXPECT_EQ(first.ask(get("/echo"))->status, 200);
  EXPECT_EQ(second.ask(get("/echo"))->status, 200);
}

TEST(ServerLifetime, W2_who_speaks_is_served_while_others_hold_all_connections) {
  HttpServerOptions options;
  options.max_connections = 8;
  RunningServer server(options);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_TRUE(silent.back()->send("GET / HTTP/1.1\r\nX: "));
  }
  int served = 0;
  for (int i = 0; i < 100; ++i) {
    RawClient client(server.port(), 2);
    served += answered(client, get("/echo")) == 200 ? 1 : 0;
  }
  EXPECT_GE(served, 99);
}

/// Clients of 16 addresses that hold as many connections as they get, and open them again.
class Flood {
 public:
  enum class Kind { kSilent, kHead, kBody, kChunks, kReader };

  Flood(std::uint16_t port, Kind kind, int connections_per_host) {
    for (int host = 0; host < kHosts; ++host) {
      for (int i = 0; i < connections_per_host; ++i) {
        const int address = kFirstHost + host;
        clients_.push_back(std::make_unique<RawClient>(port, address, 4096));
        addresses_.push_back(address);
        begin(*clients_.back(), kind);
      }
    }
    again_ = std::jthread([this, port, kind](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        for (std::size_t i = 0; i < clients_.size() && !stop.stop_requested(); ++i) {
          // One more byte; who was cut off comes back.
          if (kind != Kind::kReader && clients_[i]->send("1")) continue;
          if (kind == Kind::kReader && !hung_up(*clients_[i])) continue;
          clients_[i] = std::make_unique<RawClient>(port, addresses_[i], 4096);
          begin(*clients_[i], kind);
        }
        std::this_thread::sleep_for(1ms);
      }
    });
  }
  ~Flood() {
    again_.request_stop();
    again_.join();
  }

 private:
  static constexpr int kHosts = 16;
  static constexpr int kFirstHost = 10;

  static void begin(RawClient& client, Kind kind) {
    const std::string post = "POST /echo HTTP/1.1\r\nHost: h\r\n";
    if (kind == Kind::kHead) client.send("GET /echo HTTP/1.1\r\nX: ");
    if (kind == Kind::kBody) client.send(post + "Content-Length: 16000\r\n\r\n");
    if (kind == Kind::kChunks) client.send(post + "Transfer-Encoding: chunked\r\n\r\n3000\r\n");
    if (kind == Kind::kReader) client.send(get("/static"));
  }
  static bool hung_up(const RawClient& client) {
    pollfd closed{client.descriptor(), POLLRDHUP, 0};
    return poll(&closed, 1, 0) > 0 && (closed.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }

  std::vector<std::unique_ptr<RawClient>> clients_;
  std::vector<int> addresses_;
  std::jthread again_;
};

class ServerUnderFlood : public testing::TestWithParam<Flood::Kind> {};

TEST_P(ServerUnderFlood, W2_others_are_served) {
  HttpServerOptions options;
  options.max_connections = 64;
  options.max_connections_per_client = 8;
  // No time-out helps: only making room does.
  options.timeouts.header = options.timeouts.body = options.timeouts.write = 1h;
  options.timeouts.request = options.timeouts.idle = 1h;
  RunningServer server(options);
  const Flood flood(server.port(), GetParam(), 8);
  constexpr int kRequests = 200;
  int served = 0;
  for (int i = 0; i < kRequests; ++i) {
    // A client need not read what the server says to a connection that it cuts off, so a missing
    // response proves nothing.
    RawClient client(server.port(), 2 + i % 4);
    served += answered(client, post("/echo", std::string(1000, 'x'))) == 200 ? 1 : 0;
    served += answered(client, get("/echo")) == 200 ? 1 : 0;
  }
  EXPECT_GE(served, 2 * kRequests * 99 / 100);
  const ConnectionCounts counts = server.connections();
  EXPECT_LE(counts.open, 65u);
  EXPECT_GT(counts.evicted_request + counts.evicted_response + counts.evicted_keep_alive, 0u);
}

INSTANTIATE_TEST_SUITE_P(All, ServerUnderFlood,
                         testing::Values(Flood::Kind::kSilent, Flood::Kind::kHead,
                                         Flood::Kind::kBody, Flood::Kind::kChunks,
                                         Flood::Kind::kReader));

TEST(ServerLifetime, W2_the_largest_client_makes_room) {
  HttpServerOptions options;
  options.max_connections = 4;
  RunningServer server(options);
  RawClient small(server.port(), 2);
  ASSERT_EQ(answered(small, get("/echo")), 200);
  ASSERT_TRUE(small.send("GET /echo HT"));
  std::vector<std::unique_ptr<RawClient>> large;
  for (int i = 0; i < 3; ++i) {
    large.push_back(std::make_unique<RawClient>(server.port(), 3));
    ASSERT_EQ(answered(*large.back(), get("/echo")), 200);
  }
  RawClient newcomer(server.port(), 4);
  EXPECT_EQ(answered(newcomer, get("/echo")), 200);
  EXPECT_TRUE(large.front()->is_closed()) << "of the largest, the longest waiting";
  EXPECT_EQ(answered(small, "TP/1.1\r\nHost: h\r\n\r\n"), 200);
}

TEST(ServerLifetime, W2_a_connection_kept_alive_goes_before_any_request) {
  HttpServerOptions options;
  options.max_connections = 3;
  options.timeouts.eviction = 0ms;
  RunningServer server(options);
  RawClient halfway(server.port(), 2);
  RawClient halfway_too(server.port(), 2);
  ASSERT_TRUE(halfway.send("GET /echo HT"));
  ASSERT_TRUE(halfway_too.send("GET /echo HT"));
  RawClient idle(server.port(), 3);
  ASSERT_EQ(answered(idle, get("/echo")), 200);
  RawClient newcomer(server.port(), 4);
  EXPECT_EQ(answered(newcomer, get("/echo")), 200);
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(answered(halfway, "TP/1.1\r\nHost: h\r\n\r\n"), 200);
}

/// proc(5): resident memory of this process.
std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(ServerLifetime, W2_static_bodies_are_not_copied_for_those_who_do_not_read) {
  RunningServer server;
  RawClient reader(server.port());
  ASSERT_EQ(reader.ask(get("/static"))->body.size(), kStaticBytes);
  const std::size_t before = resident_bytes();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port(), 2, 4096));
    ASSERT_TRUE(clients.back()->send(get("/static")));
    // The head of the response is there: the whole response is under way.
    pollfd readable{clients.back()->descriptor(), POLLIN, 0};
    ASSERT_EQ(poll(&readable, 1, 20'000), 1);
  }
  EXPECT_LT(resident_bytes(), before + 4 * kStaticBytes) << "for 100 unread responses";
}

TEST(ServerLifetime, W2_a_body_slower_than_the_least_rate_is_cut_off) {
  HttpServerOptions options;
  options.timeouts.body = 100ms;
  RunningServer server(options);
  RawClient client(server.port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 16000\r\n\r\n"));
  std::jthread dripping([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && client.send("x")) std::this_thread::sleep_for(2ms);
  });
  const auto response = client.read();
  dripping.request_stop();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
}

TEST(ServerLifetime, W2_a_request_has_one_time_for_head_and_body) {
  HttpServerOptions options;
  options.timeouts.request = 100ms;
  options.timeouts.body = 1h;
  RunningServer server(options);
  RawClient client(server.port());
  ASSERT_TRUE(client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 16000\r\n\r\n"));
  ASSERT_TRUE(client.send(std::string(15'000, 'x')));
  EXPECT_EQ(client.read()->status, 408);
}

TEST(ServerLifetime, W2_requests_under_way_are_not_dropped_for_newcomers) {
  HttpServerOptions options;
  options.max_connections = 2;
  RunningServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  ASSERT_TRUE(first.send(post("/held", "")));
  ASSERT_TRUE(second.send(post("/held", "")));
  ASSERT_TRUE(server.held().wait_for(2));
  RawClient third(server.port());
  EXPECT_TRUE(third.is_closed());
  server.held().take()(HttpResponse{200, "", "", {}});
  server.held().take()(HttpResponse{200, "", "", {}});
  EXPECT_EQ(first.read()->status, 200);
  EXPECT_EQ(second.read()->status, 200);
}

TEST(ServerLifetime, R14_stop_lets_what_is_under_way_finish) {
  for (const std::size_t threads : {1u, 2u}) {
    HttpServerOptions options;
    options.threads = threads;
    RunningServer server(options);
    RawClient idle(server.port());
    auto busy = std::make_unique<RawClient>(server.port());
    EXPECT_EQ(idle.ask(get("/echo"))->status, 200);
    ASSERT_TRUE(busy->send(post("/held", "")));
    ASSERT_TRUE(server.held().wait_for(1));
    server.stop();
    EXPECT_TRUE(idle.is_closed()) << "at once";
    EXPECT_FALSE(server.ended_within(0ms));
    server.held().take()(HttpResponse{200, "text/plain", "done", {}});
    const auto response = busy->read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "done");
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_TRUE(busy->is_closed());
    busy.reset();
    EXPECT_TRUE(server.ended_within(20s));
  }
}

TEST(ServerLifetime, R14_stop_ends_in_time_whatever_hangs) {
  HttpServerOptions options;
  options.timeouts.drain = 50ms;
  RunningServer server(options);
  RawClient hanging(server.port());
  RawClient halfway(server.port());
  ASSERT_TRUE(hanging.send(post("/held", "")));
  ASSERT_TRUE(server.held().wait_for(1));
  ASSERT_TRUE(halfway.send("GET /ec"));
  server.stop();
  server.stop();
  EXPECT_TRUE(server.ended_within(20s));
  server.held().take()(HttpResponse{200, "text/plain", "late", {}});
}

TEST(ServerLifetime, R14_a_response_after_the_end_of_the_server_is_dropped) {
  Respond late;
  {
    HttpServerOptions options;
    options.timeouts.drain = 20ms;
    RunningServer server(options);
    RawClient client(server.port());
    ASSERT_TRUE(client.send(post("/held", "")));
    ASSERT_TRUE(server.held().wait_for(1));
    late = server.held().take();
  }
  late(HttpResponse{200, "text/plain", "late", {}});
}

TEST(ServerLifetime, R14_stopped_before_it_ran) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  const Router router;
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  HttpServer server(options, router, log);
  server.stop();
  server.run();
}

TEST(ServerLifetime, never_run_is_fine_too) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  const Router router;
  HttpServerOptions options;
  options.listen = "127.0.0.1:0";
  HttpServer server(options, router, log);
  RawClient client(server.port());
}

TEST(ServerLifetime, threads_pass_when_the_last_of_them_is_free) {
  HttpServerOptions options;
  options.threads = 3;
  std::promise<void> release;
  std::promise<bool> passed;
  std::atomic<bool> released = false;
  RunningServer server(options);
  server.pass_threads([&] { release.get_future().wait(); });
  server.pass_threads([&] { passed.set_value(released); });
  released = true;
  release.set_value();
  auto result = passed.get_future();
  ASSERT_EQ(result.wait_for(20s), std::future_status::ready);
  EXPECT_TRUE(result.get());
}

}  // namespace
}  // namespace postern
