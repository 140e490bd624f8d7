#include "http/server.hpp"

#include <gtest/gtest.h>

#include <cstdio>

#include "http/running_server_test.hpp"

namespace postern {
namespace {

using namespace std::chrono_literals;

TEST(HttpServer, answers_and_keeps_the_connection) {
  RunningServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto response = client.ask(post("/echo?a=%20b", "hello"));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST /echo?a=%20b 127.0.0.1 hello");
    EXPECT_EQ(response->header("Connection"), "");
  }
}

TEST(HttpServer, pipelined_requests_are_answered_in_order) {
  RunningServer server;
  RawClient client(server.port());
  std::string all = post("/held", "slow");
  for (int i = 0; i < 100; ++i) all += post("/echo", std::to_string(i));
  ASSERT_TRUE(client.send(all));
  ASSERT_TRUE(server.held().wait_for(1));
  server.held().take()(HttpResponse{200, "text/plain", "held", {}});
  EXPECT_EQ(client.read()->body, "held");
  for (int i = 0; i < 100; ++i) {
    const auto response = client.read();
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->body.ends_with(" " + std::to_string(i))) << response->body;
  }
}

TEST(HttpServer, responses_from_other_threads_reach_their_own_connections) {
  for (const std::size_t threads : {1u, 3u}) {
    HttpServerOptions options;
    options.threads = threads;
    RunningServer server(options);
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 30; ++i) {
      clients.push_back(std::make_unique<RawClient>(server.port()));
      ASSERT_TRUE(clients.back()->send(post("/held", "n" + std::to_string(i))));
    }
    ASSERT_TRUE(server.held().wait_for(30));
    for (int i = 0; i < 30; ++i) {
      HttpResponse response{200, "text/plain", server.held().request().body, {}};
      server.held().take()(std::move(response));
    }
    for (int i = 0; i < 30; ++i) {
      EXPECT_EQ(clients[static_cast<std::size_t>(i)]->read()->body, "n" + std::to_string(i));
    }
  }
}

TEST(HttpServer, head_is_get_without_body) {
  RunningServer server;
  RawClient client(server.port());
  ASSERT_TRUE(client.send("HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n" + get("/echo")));
  const auto head = client.read(true);
  const auto got = client.read();
  ASSERT_TRUE(head && got);
  EXPECT_EQ(head->header("Content-Length"),
            std::to_string(std::string("HEAD /echo? 127.0.0.1 ").size()));
  EXPECT_EQ(got->body, "GET /echo? 127.0.0.1 ");
}

TEST(HttpServer, wrong_methods_and_paths_are_problems) {
  RunningServer server;
  struct Case {
    std::string request;
    int status;
    std::string code;
  };
  for (const Case& c : {Case{get("/nothing"), 404, "not_found"},
                        Case{"DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n", 405, "method_not_allowed"},
                        Case{"TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 501, "not_implemented"},
                        Case{"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 501, "not_implemented"},
                        Case{get("/a%2fb"), 400, "invalid_target"}}) {
    RawClient client(server.port());
    const auto response = client.ask(c.request);
    ASSERT_TRUE(response) << c.request;
    EXPECT_EQ(response->status, c.status) << c.request;
    EXPECT_EQ(response->header("Content-Type"), "application/problem+json");
    EXPECT_NE(response->body.find("\"code\":\"" + c.code + "\""), std::string::npos)
        << response->body;
  }
  RawClient client(server.port());
  EXPECT_EQ(client.ask("DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n")->header("Allow"),
            "OPTIONS, GET, HEAD, POST");
  EXPECT_EQ(client.ask("OPTIONS /echo HTTP/1.1\r\nHost: h\r\n\r\n")->status, 204);
}

TEST(HttpServer, L5_a_path_has_one_form) {
  RunningServer server;
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/%65cho"))->status, 200);
  EXPECT_EQ(client.ask(get("//echo"))->status, 404);
  EXPECT_EQ(client.ask(get("http://LOCALHOST:80/echo"))->body, "GET /echo? 127.0.0.1 ");
  EXPECT_EQ(client.ask(get("/x/../echo"))->status, 400);
}

TEST(HttpServer, H7_W1_a_target_and_a_host_that_differ_are_refused_and_the_connection_ends) {
  RunningServer server;
  for (const char* target : {"http://evil.example/echo", "http://localhost:81/echo",
                             "https://localhost:80/echo", "http://localhost.evil.example/echo"}) {
    RawClient client(server.port());
    const auto response = client.ask(get(target) + get("/echo"));
    ASSERT_TRUE(response) << target;
    EXPECT_EQ(response->status, 400) << target;
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_TRUE(client.is_closed()) << target;
  }
}

TEST(HttpServer, W1_a_header_that_decides_may_not_be_repeated) {
  RunningServer server;
  for (const char* headers :
       {"Content-Type: text/plain\r\nContent-Type: application/json",
        "content-type: application/json\r\nX: y\r\nCONTENT-TYPE: application/json",
        "Origin: https://a.example\r\nOrigin: null", "Origin: null\r\norigin: null",
        "Authorization: Bearer a\r\nAuthorization: Bearer b", "Host: localhost", "host: other",
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site"}) {
    RawClient client(server.port());
    const auto response = client.ask(post("/echo", "", std::string(headers) + "\r\n"));
    ASSERT_TRUE(response) << headers;
    EXPECT_EQ(response->status, 400) << headers;
    EXPECT_TRUE(client.is_closed()) << headers;
  }
  RawClient client(server.port());
  EXPECT_EQ(client
                .ask(post("/echo", "",
                          "Accept: text/html\r\nAccept: */*\r\nCookie: a=b\r\n"
                          "Cookie: c=d\r\nX-Forwarded-For: 1.1.1.1\r\n"
                          "X-Forwarded-For: 2.2.2.2\r\n"))
                ->status,
            200);
}

TEST(HttpServer, connection_close_is_honoured) {
  RunningServer server;
  for (const std::string& request :
       {get("/echo", "Connection: close\r\n"), std::string("GET /echo HTTP/1.0\r\n\r\n")}) {
    RawClient client(server.port());
    const auto response = client.ask(request);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_TRUE(client.is_closed());
  }
}

TEST(HttpServer, continue_is_sent_before_the_body) {
  RunningServer server;
  RawClient client(server.port());
  const std::string request = post("/echo", "ok", "Expect: 100-continue\r\n");
  const auto go_on = client.ask(request.substr(0, request.size() - 2));
  ASSERT_TRUE(go_on);
  EXPECT_EQ(go_on->status, 100);
  EXPECT_EQ(client.ask("ok")->body, "POST /echo? 127.0.0.1 ok");
}

TEST(HttpServer, W1_smuggling_is_answered_400_and_the_connection_ends) {
  RunningServer server;
  const std::string smuggled = get("/echo?smuggled");
  for (const char* headers :
       {"Content-Length: 4\r\nTransfer-Encoding: chunked", "Content-Length: 4\r\nContent-Length: 5",
        "Content-Length: +4", "X: a\r\n folded", "X: a\nContent-Length: 4",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked\r\nTransfer-encoding: cow"}) {
    RawClient client(server.port());
    const auto response = client.ask("POST /echo HTTP/1.1\r\nHost: h\r\n" + std::string(headers) +
                                     "\r\n\r\n0\r\n\r\n" + smuggled);
    ASSERT_TRUE(response) << headers;
    EXPECT_EQ(response->status, 400) << headers;
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_EQ(response->header("Content-Type"), "application/problem+json");
    EXPECT_TRUE(client.is_closed()) << headers;
  }
}

std::string chunked(std::string_view body, std::size_t chunk_bytes) {
  std::string coded;
  for (std::size_t at = 0; at < body.size(); at += chunk_bytes) {
    const auto chunk = body.substr(at, chunk_bytes);
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", chunk.size());
    coded.append(size).append(chunk).append("\r\n");
  }
  return coded + "0\r\n\r\n";
}

TEST(HttpServer, W3_a_large_body_is_refused_and_the_response_arrives) {
  constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n\r\n";
  struct Case {
    const char* what;
    std::string rest;
    int status;
  };
  const std::string most(16 * 1024, 'x');
  for (const Case& c :
       {Case{"announced", "Content-Length: 100000\r\n\r\n" + std::string(100'000, 'x'), 413},
        Case{"one too many", "Content-Length: 16385\r\n\r\n" + most + "x", 413},
        Case{"the most", "Content-Length: 16384\r\n\r\n" + most, 200},
        Case{"the most, chunked", std::string(kChunked) + chunked(most, 4096), 200},
        Case{"chunked, one too many", std::string(kChunked) + chunked(most + "x", 4096), 413},
        Case{"small, in large framing", std::string(kChunked) + chunked(most.substr(0, 4096), 1),
             413},
        Case{"small chunks of a small body", std::string(kChunked) + chunked("hello", 1), 200}}) {
    RunningServer server;
    RawClient client(server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\n" + c.rest);
    const auto response = client.read();
    ASSERT_TRUE(response) << c.what;
    EXPECT_EQ(response->status, c.status) << c.what;
    if (c.status == 200) continue;
    EXPECT_NE(response->body.find("body_too_large"), std::string::npos) << c.what;
    EXPECT_TRUE(client.is_closed()) << c.what;
  }
}

TEST(HttpServer, W3_chunk_sizes_have_eight_digits_at_most) {
  RunningServer server;
  for (const auto& [size, status] : {std::pair{"00000005", 200}, std::pair{"000000005", 400},
                                     std::pair{"fffffffff", 413}, std::pair{"", 400}}) {
    RawClient client(server.port());
    const auto response = client.ask(
        "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
        "\r\n\r\n" +
        std::string(size) + "\r\nhello\r\n0\r\n\r\n");
    ASSERT_TRUE(response) << size;
    EXPECT_EQ(response->status, status) << size;
  }
}

TEST(HttpServer, W2_long_heads_and_targets_are_refused) {
  RunningServer server;
  RawClient header(server.port());
  EXPECT_EQ(header.ask(get("/echo", "X: " + std::string(17'000, 'x') + "\r\n"))->status, 431);
  EXPECT_TRUE(header.is_closed());
  RawClient target(server.port());
  EXPECT_EQ(target.ask(get("/" + std::string(9'000, 'x')))->status, 414);
  EXPECT_TRUE(target.is_closed());
}

TEST(HttpServer, large_responses_arrive_whole) {
  RunningServer server;
  RawClient client(server.port());
  const auto response = client.ask(get("/large"));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body.size(), std::size_t{8} << 20);
  EXPECT_EQ(client.ask(get("/echo"))->status, 200);
}

TEST(HttpServer, failing_handlers_are_a_generic_500) {
  RunningServer server;
  RawClient client(server.port());
  for (const char* path : {"/throw", "/drop"}) {
    const auto response = client.ask(post(path, "a@example.org"));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 500);
    EXPECT_NE(response->body.find("internal_error"), std::string::npos);
    EXPECT_EQ(response->body.find("example.org"), std::string::npos) << response->body;
  }
  EXPECT_EQ(client.ask(post("/twice", ""))->body, "first");
  EXPECT_EQ(client.ask(post("/echo", "x"))->status, 200);
}

TEST(HttpServer, a_respond_thrown_away_elsewhere_is_a_500) {
  RunningServer server;
  RawClient client(server.port());
  ASSERT_TRUE(client.send(post("/held", "")));
  ASSERT_TRUE(server.held().wait_for(1));
  server.held().drop_all();
  EXPECT_EQ(client.read()->status, 500);
}

TEST(HttpServer, refuses_to_start_with_a_plain_sentence) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  const Router router;
  RunningServer taken;
  const auto sentence = [&](HttpServerOptions options) {
    try {
      HttpServer server(std::move(options), router, log);
    } catch (const std::runtime_error& failure) {
      return std::string(failure.what());
    }
    return std::string();
  };
  HttpServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(taken.port());
  EXPECT_EQ(sentence(options), "cannot listen on " + options.listen + ": Address already in use");
  options.listen = "nonsense";
  EXPECT_EQ(sentence(options), "cannot listen on \"nonsense\": it is not host:port");
  options.listen = "127.0.0.1:http";
  EXPECT_NE(sentence(options), "");
  options.listen = "127.0.0.1:0";
  options.trusted_proxies = {"10.0.0.0/99"};
  EXPECT_EQ(sentence(options), "not a network: 10.0.0.0/99");
  options.trusted_proxies = {};
  options.tls_cert_file = "/nonexistent.pem";
  EXPECT_EQ(sentence(options), "HTTPS needs both a certificate file and a key file");
  options.tls_key_file = "/nonexistent.pem";
  EXPECT_EQ(sentence(options), "cannot read the TLS certificate /nonexistent.pem");
}

TEST(HttpServer, listens_on_names_and_ipv6) {
  for (const char* listen : {"localhost:0", "[::1]:0", "[::]:0"}) {
    HttpServerOptions options;
    options.listen = listen;
    RunningServer server(options);
    EXPECT_NE(server.port(), 0) << listen;
  }
  HttpServerOptions options;
  options.listen = "[::]:0";
  RunningServer server(options);
  RawClient client(server.port());
  EXPECT_EQ(client.ask(get("/echo"))->body, "GET /echo? 127.0.0.1 ") << "L4: mapped is IPv4";
}

}  // namespace
}  // namespace postern
