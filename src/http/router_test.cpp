#include "http/router.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

HttpResponse ask(const Router& router, const std::string& method, const std::string& path) {
  HttpRequest request;
  request.method = method;
  request.path = path;
  HttpResponse response;
  router.find(method, path)(request, [&](HttpResponse given) { response = std::move(given); });
  return response;
}

Router with_one_route() {
  Router router;
  router.add("POST", "/here",
             [](const HttpRequest&, const Respond& respond) { respond({204, {}, {}, {}}); });
  return router;
}

TEST(Router, refuses_with_problems_until_it_is_given_a_page) {
  Router router = with_one_route();
  EXPECT_EQ(ask(router, "POST", "/here").status, 204);
  EXPECT_EQ(ask(router, "GET", "/there").content_type, "application/problem+json");
  EXPECT_EQ(ask(router, "GET", "/here").status, 405);
  router.show_refusals([](const HttpRequest& request, std::string_view code, HttpResponse problem) {
    problem.content_type = "text/plain";
    problem.body = request.path + " " + std::string(code);
    return problem;
  });
  const Router moved = std::move(router);
  EXPECT_EQ(ask(moved, "GET", "/there").body, "/there not_found");
  const auto wrong = ask(moved, "GET", "/here");
  EXPECT_EQ(wrong.body, "/here method_not_allowed");
  ASSERT_EQ(wrong.headers.size(), 1U);
  EXPECT_EQ(wrong.headers[0], HttpHeader("Allow", "OPTIONS, POST"));
  EXPECT_EQ(ask(moved, "OPTIONS", "/here").status, 204);
}

TEST(Router, each_method_of_a_route_is_counted_by_itself) {
  using namespace std::chrono_literals;
  Router router = with_one_route();
  router.add("GET", "/here", [](const HttpRequest&, const Respond&) {});
  router.add("GET", "/items/{id}", [](const HttpRequest&, const Respond&) {});
  const std::pair<std::string, std::string> requests[] = {
      {"POST", "/here"},   {"GET", "/here"}, {"HEAD", "/here"},
      {"DELETE", "/here"}, {"GET", "/no"},   {"GET", "/items/0123456789abcdef"}};
  for (const auto& [method, path] : requests) router.match(method, path).counts.count(200, 1ms);
  MetricsText text;
  router.each_count(
      [&](std::string_view route, std::string_view method, const RouteCounts& counts) {
        counts.write_statuses(text, {{"route", route}, {"method", method}});
      });
  EXPECT_EQ(text.take(),
            "{route=\"/here\",method=\"GET\",status=\"200\"} 2\n"
            "{route=\"/here\",method=\"POST\",status=\"200\"} 1\n"
            "{route=\"/here\",method=\"other\",status=\"200\"} 1\n"
            "{route=\"/items/{id}\",method=\"GET\",status=\"200\"} 1\n"
            "{route=\"other\",method=\"other\",status=\"200\"} 1\n");
}

}  // namespace
}  // namespace postern
