// Time-outs, caps and the end of the server. Every wait is for a thing that happens, and the
// time-outs are short; nothing here depends on how fast the machine is.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <ctime>

#include "http/running_server_test.hpp"

namespace postern::http {
namespace {

using namespace std::chrono_literals;

TEST(ServerLifetime, W2_a_head_that_drips_in_is_cut_off) {
  ServerOptions options;
  options.timeouts.header = 100ms;
  RunningServer server(options);
  RawClient client(server.port());
  ASSERT_TRUE(client.send("GET /echo HTTP/1.1\r\nHost: h\r\n"));
  const auto start = std::chrono::steady_clock::now();
  std::jthread dripping([&](const std::stop_token& stop) {
    // The total counts: bytes that keep coming do not put the end off.
    while (!stop.stop_requested() && client.send("X: y\r\n")) std::this_thread::yield();
  });
  const auto answer = client.read();
  dripping.request_stop();
  EXPECT_TRUE(!answer || answer->status == 408 || answer->status == 431) << answer->head;
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST(ServerLifetime, W2_a_head_that_never_ends_is_a_408) {
  ServerOptions options;
  options.timeouts.header = 50ms;
  RunningServer server(options);
  RawClient client(server.port());
  const auto answer = client.ask("GET /echo HTTP/1.1\r\nHo");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_NE(answer->body.find("request_timeout"), std::string::npos);
  EXPECT_TRUE(client.is_closed());
}

TEST(ServerLifetime, W2_a_body_that_never_ends_is_a_408) {
  ServerOptions options;
  options.timeouts.body = 50ms;
  RunningServer server(options);
  for (const char* framing : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
    RawClient client(server.port());
    const auto answer =
        client.ask("POST /echo HTTP/1.1\r\nHost: h\r\n" + std::string(framing) + "\r\n\r\n5\r\nab");
    ASSERT_TRUE(answer) << framing;
    EXPECT_EQ(answer->status, 408) << framing;
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(ServerLifetime, W2_silent_and_idle_connections_are_closed) {
  ServerOptions options;
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
  ServerOptions options;
  options.timeouts.write = 50ms;
  RunningServer server(options);
  RawClient client(server.port());
  ASSERT_TRUE(client.send(get("/large") + get("/large") + get("/large")));
  RawClient other(server.port());
  EXPECT_EQ(other.ask(get("/echo"))->status, 200) << "nobody else waits";
  // The server hangs up although this client never reads: its sending fails in the end.
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (client.send(get("/echo"))) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
}

TEST(ServerLifetime, an_answer_that_does_not_come_is_a_503) {
  ServerOptions options;
  options.timeouts.answer = 50ms;
  RunningServer server(options);
  RawClient client(server.port());
  const auto answer = client.ask(post("/held", "still here"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  ASSERT_TRUE(server.held().wait_for(1));
  EXPECT_EQ(server.held().request().body, "still here") << "the request outlives its answer";
  server.held().take()(Response{200, "text/plain", "late", {}});
  EXPECT_EQ(client.ask(post("/echo", "next"))->body, "POST /echo? 127.0.0.1 next");
}

TEST(ServerLifetime, a_client_that_went_away_harms_nobody) {
  RunningServer server;
  {
    RawClient client(server.port());
    ASSERT_TRUE(client.send(post("/held", "x")));
    ASSERT_TRUE(server.held().wait_for(1));
  }
  server.held().take()(Response{200, "text/plain", "late", {}});
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/echo"))->status, 200);
}

TEST(ServerLifetime, W2_one_address_has_so_many_connections) {
  ServerOptions options;
  options.max_connections_per_address = 2;
  RunningServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  EXPECT_EQ(first.ask(get("/echo"))->status, 200);
  EXPECT_EQ(second.ask(get("/echo"))->status, 200);
  RawClient third(server.port());
  EXPECT_TRUE(third.is_closed());
  EXPECT_EQ(first.ask(get("/echo"))->status, 200);
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

TEST(ServerLifetime, W2_a_trusted_proxy_is_many_clients) {
  ServerOptions options;
  options.max_connections_per_address = 1;
  options.trusted_proxies = {"127.0.0.1"};
  RunningServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  EXPECT_EQ(first.ask(get("/echo"))->status, 200);
  EXPECT_EQ(second.ask(get("/echo"))->status, 200);
}

TEST(ServerLifetime, W2_who_speaks_is_served_while_others_hold_all_connections) {
  ServerOptions options;
  options.max_connections = 8;
  RunningServer server(options);
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(std::make_unique<RawClient>(server.port()));
    ASSERT_TRUE(silent.back()->send("GET / HTTP/1.1\r\nX: "));
  }
  int served = 0;
  for (int i = 0; i < 100; ++i) {
    RawClient client(server.port());
    const auto answer = client.ask(get("/echo"));
    served += answer && answer->status == 200 ? 1 : 0;
  }
  EXPECT_GE(served, 99);
}

TEST(ServerLifetime, W2_requests_under_way_are_not_dropped_for_newcomers) {
  ServerOptions options;
  options.max_connections = 2;
  RunningServer server(options);
  RawClient first(server.port());
  RawClient second(server.port());
  ASSERT_TRUE(first.send(post("/held", "")));
  ASSERT_TRUE(second.send(post("/held", "")));
  ASSERT_TRUE(server.held().wait_for(2));
  RawClient third(server.port());
  EXPECT_TRUE(third.is_closed());
  server.held().take()(Response{200, "", "", {}});
  server.held().take()(Response{200, "", "", {}});
  EXPECT_EQ(first.read()->status, 200);
  EXPECT_EQ(second.read()->status, 200);
}

TEST(ServerLifetime, R14_stop_lets_what_is_under_way_finish) {
  for (const std::size_t threads : {1u, 2u}) {
    ServerOptions options;
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
    server.held().take()(Response{200, "text/plain", "done", {}});
    const auto answer = busy->read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body, "done");
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_TRUE(busy->is_closed());
    busy.reset();
    EXPECT_TRUE(server.ended_within(20s));
  }
}

TEST(ServerLifetime, R14_stop_ends_in_time_whatever_hangs) {
  ServerOptions options;
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
  server.held().take()(Response{200, "text/plain", "late", {}});
}

TEST(ServerLifetime, R14_an_answer_after_the_end_of_the_server_is_dropped) {
  Respond late;
  {
    ServerOptions options;
    options.timeouts.drain = 20ms;
    RunningServer server(options);
    RawClient client(server.port());
    ASSERT_TRUE(client.send(post("/held", "")));
    ASSERT_TRUE(server.held().wait_for(1));
    late = server.held().take();
  }
  late(Response{200, "text/plain", "late", {}});
}

TEST(ServerLifetime, R14_stopped_before_it_ran) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  const Router router;
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  Server server(options, router, log);
  server.stop();
  server.run();
}

TEST(ServerLifetime, never_run_is_fine_too) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  const Router router;
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  Server server(options, router, log);
  RawClient client(server.port());
}

}  // namespace
}  // namespace postern::http
