#include "http/message.hpp"

#include <gtest/gtest.h>

#include "http/request_ids.hpp"
#include "http/response_writer.hpp"
#include "http/router.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

TEST(HttpRequest, header_names_have_no_case) {
  HttpRequest request;
  request.headers = {{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(request.header("CONTENT-TYPE"), "a");
  EXPECT_EQ(request.header("content-typ"), "");
}

TEST(Problem, is_json_whatever_it_says) {
  const HttpResponse response =
      problem(422, "weak\"code", "line\nbreak \\ \"quote\" </script>\x01");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const auto object = parse_json_object(response.body);
  ASSERT_TRUE(object) << response.body;
  EXPECT_EQ(string_at(*object, "type"), "about:blank");
  EXPECT_EQ(string_at(*object, "title"), "Unprocessable Content");
  EXPECT_EQ(integer_at(*object, "status"), 422);
  EXPECT_EQ(string_at(*object, "code"), "weak\"code");
  EXPECT_EQ(string_at(*object, "detail"), "line\nbreak \\ \"quote\" </script>\x01");
}

HttpResponse asked(const Router& router, std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  HttpResponse response;
  router.find(request.method, request.path)(request,
                                            [&](HttpResponse r) { response = std::move(r); });
  return response;
}

std::string header_of(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(Router, finds_by_method_and_exact_path) {
  Router router;
  const auto say = [](const char* text) {
    return
        [text](const HttpRequest&, Respond respond) { respond(HttpResponse{200, "", text, {}}); };
  };
  router.add("GET", "/a", say("get"));
  router.add("POST", "/a", say("post"));
  EXPECT_EQ(asked(router, "GET", "/a").body, "get");
  EXPECT_EQ(asked(router, "HEAD", "/a").body, "get");
  EXPECT_EQ(asked(router, "POST", "/a").body, "post");
  EXPECT_EQ(asked(router, "GET", "/A").status, 404);
  EXPECT_EQ(asked(router, "GET", "/a/b").status, 404);

  const HttpResponse wrong = asked(router, "DELETE", "/a");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(header_of(wrong, "Allow"), "OPTIONS, GET, HEAD, POST");
  const HttpResponse options = asked(router, "OPTIONS", "/a");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(header_of(options, "Allow"), "OPTIONS, GET, HEAD, POST");
}

TEST(RequestIds, are_taken_when_harmless_and_made_otherwise) {
  RequestIds ids;
  HttpRequest request;
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  request.headers = {{"X-Request-Id", "abc.DEF_1-2"}, {"traceparent", trace}};
  ids.assign(request, true);
  EXPECT_EQ(request.request_id, "abc.DEF_1-2");
  EXPECT_EQ(request.traceparent, trace);

  for (const std::string& bad : {std::string(), std::string(65, 'a'), std::string("a b"),
                                 std::string("a\"b"), std::string("é")}) {
    HttpRequest other;
    other.headers = {{"X-Request-Id", bad}};
    ids.assign(other, true);
    EXPECT_TRUE(is_request_id(other.request_id)) << other.request_id;
    EXPECT_NE(other.request_id, bad);
    EXPECT_TRUE(is_traceparent(other.traceparent)) << other.traceparent;
  }
}

TEST(RequestIds, trace_context_is_checked) {
  for (const char* bad : {"", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x"}) {
    EXPECT_FALSE(is_traceparent(bad)) << bad;
  }
}

TEST(ResponseWriter, H6_a_header_cannot_forge_another) {
  EXPECT_TRUE(is_well_formed(HttpResponse{303, "", "", {{"Location", "/a"}}}));
  EXPECT_FALSE(is_well_formed(HttpResponse{303, "", "", {{"Location", "/a\r\nX: y"}}}));
  EXPECT_FALSE(is_well_formed(HttpResponse{303, "", "", {{"Loc ation", "/a"}}}));
  EXPECT_FALSE(is_well_formed(HttpResponse{303, "", "", {{"", "/a"}}}));
  EXPECT_FALSE(is_well_formed(HttpResponse{200, "text/plain\r\nX: y", "", {}}));
  EXPECT_FALSE(is_well_formed(HttpResponse{100, "", "", {}}));
}

TEST(ResponseWriter, no_content_has_no_length) {
  ResponseWriter writer;
  std::string out;
  ResponseFrame frame;
  frame.request_id = "r";
  writer.write(HttpResponse{204, "text/plain", "ignored", {}}, frame, out);
  EXPECT_EQ(out.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(out.ends_with("\r\n\r\n"));
}

}  // namespace
}  // namespace postern
