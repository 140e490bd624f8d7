#include <gtest/gtest.h>

#include "http/request_ids.hpp"
#include "http/running_server_test.hpp"

namespace postern {
namespace {

/// Requests whose responses come from every corner: route handlers, router, request handler,
/// parser.
const std::vector<std::string>& requests_of_all_kinds() {
  static const std::vector<std::string> requests{
      get("/echo"),
      get("/nothing"),
      post("/throw", ""),
      post("/drop", ""),
      get("/split"),
      get("/a%2fb"),
      "DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n",
      "OPTIONS /echo HTTP/1.1\r\nHost: h\r\n\r\n",
      "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n",
      "nonsense\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
      get("/", "X: " + std::string(20'000, 'x') + "\r\n"),
      post("/echo", std::string(20'000, 'x')),
  };
  return requests;
}

TEST(ServerHeaders, H4_no_response_is_stored_whatever_was_asked) {
  RunningServer server;
  for (const std::string& request : requests_of_all_kinds()) {
    RawClient client(server.port());
    client.send(request);
    const auto response = client.read();
    ASSERT_TRUE(response) << request.substr(0, 80);
    EXPECT_EQ(response->count("Cache-Control"), 1u);
    EXPECT_EQ(response->header("Cache-Control"), "no-store");
  }
}

TEST(ServerHeaders, H1_H3_every_response_has_the_security_headers) {
  RunningServer server;
  for (const std::string& request : requests_of_all_kinds()) {
    RawClient client(server.port());
    client.send(request);
    const auto response = client.read();
    ASSERT_TRUE(response) << request.substr(0, 80);
    EXPECT_EQ(response->header("Content-Security-Policy"),
              "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'");
    EXPECT_EQ(response->header("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(response->header("Referrer-Policy"), "no-referrer");
    EXPECT_EQ(response->header("Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(response->header("Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_NE(response->header("Permissions-Policy"), "");
    EXPECT_TRUE(is_request_id(response->header("X-Request-Id")));
    EXPECT_NE(response->header("Date"), "");
    EXPECT_EQ(response->count("Server"), 0u);
    EXPECT_EQ(response->count("Strict-Transport-Security"), 0u) << "not over plain HTTP";
  }
}

TEST(ServerHeaders, H6_a_split_header_becomes_a_500) {
  RunningServer server;
  RawClient client(server.port());
  const auto response = client.ask(get("/split"));
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->count("Set-Cookie"), 0u);
}

TEST(ServerHeaders, H1_a_handlers_own_policy_replaces_the_default) {
  RunningServer server;
  RawClient client(server.port());
  const auto response = client.ask(get("/own-headers"));
  EXPECT_EQ(response->count("Content-Security-Policy"), 1u);
  EXPECT_EQ(response->header("Content-Security-Policy"), "default-src 'self'");
  EXPECT_EQ(response->count("Cache-Control"), 1u);
  EXPECT_EQ(response->header("Cache-Control"), "max-age=60");
  EXPECT_EQ(response->count("Content-Length"), 1u) << "framing is the server's";
  EXPECT_EQ(response->count("Transfer-Encoding"), 0u);
  EXPECT_EQ(response->count("Connection"), 0u);
  EXPECT_EQ(response->body, "<p>");
}

TEST(ServerHeaders, L3_request_ids_of_trusted_proxies_come_back) {
  const std::string id = "X-Request-Id: my-id.1\r\n";
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  for (const bool trusted : {true, false}) {
    HttpServerOptions options;
    if (trusted) options.trusted_proxies = {"127.0.0.1"};
    RunningServer server(options);
    RawClient client(server.port());
    EXPECT_EQ(client.ask(get("/echo", id))->header("X-Request-Id") == "my-id.1", trusted);
    EXPECT_EQ(client.ask(get("/trace", "traceparent: " + trace + "\r\n"))->body == trace, trusted);
    const auto made = client.ask(get("/echo", "X-Request-Id: my id\r\n"))->header("X-Request-Id");
    EXPECT_EQ(made.size(), 36u);
    EXPECT_NE(client.ask(get("/echo"))->header("X-Request-Id"), made);
    EXPECT_TRUE(is_traceparent(client.ask(get("/trace"))->body));
  }
}

TEST(ServerHeaders, H2_https_by_a_trusted_proxy_is_https) {
  const auto hsts = [](std::vector<std::string> proxies, std::string_view headers) {
    HttpServerOptions options;
    options.trusted_proxies = std::move(proxies);
    RunningServer server(options);
    RawClient client(server.port());
    return client.ask(get("/echo", headers))->header("Strict-Transport-Security");
  };
  EXPECT_NE(hsts({"127.0.0.0/8"}, "X-Forwarded-Proto: https\r\n"), "");
  EXPECT_EQ(hsts({"127.0.0.0/8"}, "X-Forwarded-Proto: http\r\n"), "");
  EXPECT_EQ(hsts({"127.0.0.0/8"}, ""), "");
  EXPECT_EQ(hsts({"10.0.0.0/8"}, "X-Forwarded-Proto: https\r\n"), "") << "anyone can say that";
  EXPECT_EQ(hsts({}, "X-Forwarded-Proto: https\r\n"), "");
}

TEST(ServerHeaders, L3_only_the_named_header_is_read) {
  HttpServerOptions options;
  options.trusted_proxies = {"127.0.0.1"};
  const std::string both =
      "X-Forwarded-For: 198.51.100.7\r\nForwarded: for=203.0.113.9;proto=https\r\n";
  for (const auto& [header, client_text] :
       {std::pair{ForwardedHeader::kXForwardedFor, "198.51.100.7"},
        std::pair{ForwardedHeader::kForwarded, "203.0.113.9"}}) {
    options.forwarded_header = header;
    RunningServer server(options);
    RawClient client(server.port());
    const auto response = client.ask(get("/echo", both));
    EXPECT_EQ(response->body, "GET /echo? " + std::string(client_text) + " ");
    EXPECT_EQ(response->count("Strict-Transport-Security"),
              header == ForwardedHeader::kForwarded ? 1u : 0u);
  }
}

TEST(ServerHeaders, cors_for_listed_origins_only) {
  HttpServerOptions options;
  options.cors_origins = {"https://app.example.org", "http://localhost:3000",
                          "capacitor://localhost", "app://."};
  RunningServer server(options);
  RawClient client(server.port());
  const auto allowed = client.ask(post("/echo", "", "Origin: https://app.example.org\r\n"));
  EXPECT_EQ(allowed->header("Access-Control-Allow-Origin"), "https://app.example.org");
  EXPECT_EQ(allowed->header("Vary"), "Origin");
  EXPECT_EQ(allowed->header("Cross-Origin-Resource-Policy"), "cross-origin");
  EXPECT_EQ(allowed->count("Access-Control-Allow-Credentials"), 0u);
  for (const char* origin : {"capacitor://localhost", "app://."}) {
    EXPECT_EQ(client.ask(post("/echo", "", "Origin: " + std::string(origin) + "\r\n"))
                  ->header("Access-Control-Allow-Origin"),
              origin);
  }

  for (const char* origin :
       {"https://evil.example", "null", "*", "https://app.example.org.evil",
        "https://app.example.org/", "HTTPS://APP.EXAMPLE.ORG", "http://app.example.org"}) {
    const auto response = client.ask(post("/echo", "", "Origin: " + std::string(origin) + "\r\n"));
    EXPECT_EQ(response->head.find("Access-Control"), std::string::npos) << origin;
    EXPECT_EQ(response->header("Cross-Origin-Resource-Policy"), "same-origin") << origin;
  }
  EXPECT_EQ(client.ask(post("/echo", ""))->head.find("Access-Control"), std::string::npos);
}

TEST(ServerHeaders, cors_preflight) {
  HttpServerOptions options;
  options.cors_origins = {"https://app.example.org"};
  RunningServer server(options);
  RawClient client(server.port());
  const auto ask = [&](std::string_view origin) {
    return client.ask("OPTIONS /echo HTTP/1.1\r\nHost: h\r\nOrigin: " + std::string(origin) +
                      "\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  };
  const auto allowed = ask("https://app.example.org");
  EXPECT_EQ(allowed->status, 204);
  EXPECT_EQ(allowed->header("Access-Control-Allow-Origin"), "https://app.example.org");
  EXPECT_EQ(allowed->header("Access-Control-Allow-Methods"), "GET, POST, PATCH, DELETE");
  EXPECT_EQ(allowed->header("Access-Control-Allow-Headers"), "content-type, authorization");
  EXPECT_EQ(allowed->header("Access-Control-Max-Age"), "600");
  EXPECT_EQ(ask("https://evil.example")->head.find("Access-Control"), std::string::npos);
}

TEST(ServerHeaders, H2_a_preflight_allows_the_headers_that_it_asks_for) {
  HttpServerOptions options;
  options.cors_origins = {"https://app.example.org"};
  RunningServer server(options);
  RawClient client(server.port());
  const auto ask = [&](const std::string& wanted, const std::string& origin) {
    return client.ask("OPTIONS /login HTTP/1.1\r\nHost: h\r\nOrigin: " + origin +
                      "\r\nAccess-Control-Request-Method: POST\r\n"
                      "Access-Control-Request-Headers: " +
                      wanted + "\r\n\r\n");
  };
  const std::string wanted = "content-type, sentry-trace, baggage, traceparent, x-request-id";
  const auto allowed = ask(wanted, "https://app.example.org");
  EXPECT_EQ(allowed->status, 204);
  EXPECT_EQ(allowed->header("Access-Control-Allow-Headers"), wanted);
  EXPECT_EQ(ask("x: y", "https://app.example.org")->header("Access-Control-Allow-Headers"),
            "content-type, authorization");
  EXPECT_EQ(ask(wanted, "https://evil.example")->head.find("Access-Control"), std::string::npos);
}

TEST(ServerHeaders, L6_browsers_are_asked_for_work_and_servers_wait) {
  HttpServerOptions options;
  options.limit_count = options.server_limit_count = 1;
  options.limit_window = options.server_limit_window = std::chrono::hours(1);
  options.server_targets = {"/token"};
  options.work_proof_key = Secret(std::string(32, 'k'));
  options.work_bits = 0;
  RunningServer server(options);
  RawClient client(server.port());
  EXPECT_EQ(client.ask(post("/echo", ""))->status, 200);
  const auto refused = client.ask(post("/echo", ""));
  EXPECT_EQ(refused->status, 429);
  const std::string asked = refused->header("Postern-Challenge");
  ASSERT_TRUE(asked.ends_with("; bits=0")) << asked;
  const std::string proof =
      "Cookie: __Host-postern-work=" + asked.substr(0, asked.find(';')) + ".1\r\n";
  EXPECT_EQ(client.ask(post("/echo", "", proof))->status, 200);
  EXPECT_EQ(client.ask(post("/echo", "", proof))->status, 429) << "the second limit";

  EXPECT_EQ(client.ask(post("/token", ""))->status, 404);
  const auto of_server = client.ask(post("/token", "", proof));
  EXPECT_EQ(of_server->status, 429);
  EXPECT_EQ(of_server->header("Postern-Challenge"), "");
}

TEST(ServerHeaders, L3_L4_L6_requests_are_counted_per_client) {
  HttpServerOptions options;
  options.trusted_proxies = {"127.0.0.1"};
  options.limit_count = 3;
  options.limit_window = std::chrono::hours(1);
  RunningServer server(options);
  RawClient client(server.port());
  const auto ask_as = [&](const std::string& hop) {
    return client.ask(post("/echo", "", "X-Forwarded-For: 6.6.6.6, " + hop + "\r\n"));
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask_as("198.51.100.7")->status, 200);
  const auto refused = ask_as("::ffff:198.51.100.7");
  EXPECT_EQ(refused->status, 429);
  EXPECT_NE(refused->body.find("too_many_requests"), std::string::npos);
  EXPECT_EQ(refused->header("Retry-After"), "1200");
  EXPECT_EQ(ask_as("198.51.100.8")->status, 200) << "another client";
  for (const char* hop : {"2001:db8::1", "2001:db8::2", "2001:db8::3"}) {
    EXPECT_EQ(ask_as(hop)->status, 200);
  }
  EXPECT_EQ(ask_as("2001:db8::4")->status, 429) << "the same /64";

  const std::string hop = "X-Forwarded-For: 198.51.100.7\r\n";
  EXPECT_EQ(client.ask(get("/echo", hop))->status, 200) << "reading is not counted";
  EXPECT_EQ(client.ask(post("//echo", "", hop))->status, 429) << "no detour (L5)";
  EXPECT_EQ(client.ask(post("/%65cho", "", hop))->status, 429);
}

}  // namespace
}  // namespace postern
