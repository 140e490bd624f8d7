#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/limits.hpp"

namespace postern {
namespace {

using Progress = RequestReader::Progress;

struct Outcome {
  Progress progress = Progress::kNeedMore;
  int status = 0;
  HttpRequest request;
  std::string target;
  bool keep_alive = false;
};

/// Feeds `bytes` in pieces of `step`, as a socket might.
Outcome read(std::string_view bytes, std::size_t step) {
  Outcome outcome;
  RequestReader reader;
  reader.begin(outcome.request);
  while (outcome.progress == Progress::kNeedMore && !bytes.empty()) {
    const auto space = reader.space();
    const std::size_t count = std::min({step, bytes.size(), space.size()});
    std::memcpy(space.data(), bytes.data(), count);
    bytes.remove_prefix(count);
    reader.received(count);
    do {
      outcome.progress = reader.advance();
    } while (outcome.progress == Progress::kContinue);
  }
  if (outcome.progress == Progress::kRefused) outcome.status = reader.refusal().status;
  if (outcome.progress == Progress::kComplete) {
    outcome.target = reader.target();
    outcome.keep_alive = reader.keep_alive();
  }
  return outcome;
}

constexpr std::size_t kSteps[] = {1, 2, 3, 7, 4096};
const std::string kHead = "POST /a HTTP/1.1\r\nHost: h\r\n";
const std::string kChunked = kHead + "Transfer-Encoding: chunked\r\n\r\n";

TEST(RequestReader, reads_what_is_right_in_pieces_of_any_size) {
  struct Case {
    std::string bytes;
    std::string body;
  };
  const std::vector<Case> cases{
      {"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", ""},
      {kHead + "Content-Length: 5\r\n\r\nhello", "hello"},
      {kHead + "Content-Length: 0\r\n\r\n", ""},
      {kChunked + "5\r\nhello\r\n0\r\n\r\n", "hello"},
      {kChunked + "2\r\nhe\r\n003\r\nllo\r\n000\r\n\r\n", "hello"},
      {kChunked + "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
      {kChunked + "0\r\n\r\n", ""},
      {kHead + "transfer-encoding: CHUNKED\r\n\r\n1\r\nx\r\n0\r\n\r\n", "x"},
      {"GET /a HTTP/1.0\r\n\r\n", ""},
      {kHead + "X: a\xc3\xa9\tb\r\nContent-Length: 1\r\n\r\n\n", "\n"},
  };
  for (const Case& c : cases) {
    for (const std::size_t step : kSteps) {
      const Outcome outcome = read(c.bytes, step);
      EXPECT_EQ(outcome.progress, Progress::kComplete) << c.bytes << " by " << step;
      EXPECT_EQ(outcome.request.body, c.body);
      EXPECT_EQ(outcome.target, "/a");
    }
  }
}

TEST(RequestReader, W1_what_servers_read_differently_is_refused) {
  const std::vector<std::string> cases{
      kHead + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kHead + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
      kHead + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      kHead + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
      kHead + "Content-Length: 5, 5\r\n\r\nhello",
      kHead + "Content-Length: +5\r\n\r\nhello",
      kHead + "Content-Length: -5\r\n\r\nhello",
      kHead + "Content-Length: 0x5\r\n\r\nhello",
      kHead + "Content-Length: 5 5\r\n\r\nhello",
      kHead + "Content-Length:\r\n\r\n",
      kHead + "Content-Length: 99999999999999999999999\r\n\r\n",
      kHead + "Content-Length : 5\r\n\r\nhello",
      kHead + "Content-Length: 5\r\n 6\r\n\r\nhello",
      kHead + "X: a\r\n b\r\n\r\n",
      kHead + "X: a\r\n\tb\r\n\r\n",
      kHead + " X: a\r\n\r\n",
      "POST /a HTTP/1.1\r\n Host: h\r\n\r\n",
      "POST /a HTTP/1.1\nHost: h\n\n",
      kHead + "X: a\nY: b\r\n\r\n",
      kHead + "X: a\r\n\n",
      kHead + "X: a\rY: b\r\n\r\n",
      kHead + "X: a\r\r\n\r\n",
      kHead + std::string("X: a\0b\r\n\r\n", 10),
      kHead + "X: a\x01\r\n\r\n",
      kHead + "X: a\x7f\r\n\r\n",
      kHead + "X\x01: a\r\n\r\n",
      kHead + ": a\r\n\r\n",
      kHead + "X a\r\n\r\n",
      kHead + "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
      kHead + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      kHead + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      kHead + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      kHead + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
      kHead +
          "Transfer-Encoding:\x0b"
          "chunked\r\n\r\n0\r\n\r\n",
      kHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kHead + "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx",
      kHead + "Transfer-Encoding:\r\n\r\n",
      "POST /a HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /a HTTP/1.1\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
      "POST /a HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost:\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: a, b\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: u@h\r\n\r\n",
      "POST /a HTTP/1.1\r\nHost: h/x\r\n\r\n",
      "\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n",
      "GET /a HTTP/2.0\r\nHost: h\r\n\r\n",
      "GET /a HTTP/0.9\r\nHost: h\r\n\r\n",
      "GET /a HTTP/1.2\r\nHost: h\r\n\r\n",
      "GET /a http/1.1\r\nHost: h\r\n\r\n",
      "GET /a\r\nHost: h\r\n\r\n",
      "G@T /a HTTP/1.1\r\nHost: h\r\n\r\n",
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 12),
      kHead + "Connection: close;;, \x7f\r\n\r\n",
  };
  for (const std::string& bytes : cases) {
    for (const std::size_t step : kSteps) {
      const Outcome outcome = read(bytes, step);
      EXPECT_EQ(outcome.progress, Progress::kRefused) << bytes << " by " << step;
      EXPECT_EQ(outcome.status, 400) << bytes << " by " << step;
    }
  }
}

TEST(RequestReader, W1_bad_chunks_are_refused) {
  for (const std::string_view body : {"zz\r\n",
                                      "+5\r\nhello\r\n0\r\n\r\n",
                                      "-1\r\n",
                                      " 5\r\nhello",
                                      "5 \r\nhello",
                                      "0x5\r\nhello",
                                      "5\nhello\r\n0\r\n\r\n",
                                      "5\r\r\nhello",
                                      "5\rhello",
                                      "5;x=y\r\nhello\r\n0\r\n\r\n",
                                      "5;\"\n\"\r\nhello",
                                      "\r\n",
                                      ";\r\n",
                                      "5\r\nhello0\r\n\r\n",
                                      "5\r\nhello\n0\r\n\r\n",
                                      "5\r\nhello!\r\n",
                                      "0\r\nX: y\r\n\r\n",
                                      "0\r\nTransfer-Encoding: x\r\n\r\n",
                                      "0\r\n\n",
                                      "0\n\n",
                                      "0\r\n\rx",
                                      "3\r\nhello\r\n0\r\n\r\n"}) {
    for (const std::size_t step : kSteps) {
      const Outcome outcome = read(kChunked + std::string(body), step);
      EXPECT_EQ(outcome.progress, Progress::kRefused) << body << " by " << step;
      EXPECT_EQ(outcome.status, 400) << body << " by " << step;
    }
  }
}

TEST(RequestReader, W3_bodies_have_a_limit_chunked_too) {
  const std::string full(limits::kBodyBytes, 'x');
  const auto with_length = [](std::size_t bytes) {
    return kHead + "Content-Length: " + std::to_string(bytes) + "\r\n\r\n";
  };
  const Outcome most = read(with_length(full.size()) + full, 4096);
  EXPECT_EQ(most.progress, Progress::kComplete);
  EXPECT_EQ(most.request.body, full);
  EXPECT_EQ(read(with_length(full.size() + 1), 4096).status, 413) << "without waiting for it";
  EXPECT_EQ(read(with_length(18446744073709551615u), 4096).status, 413);

  EXPECT_EQ(read(kChunked + "4000\r\n" + full + "\r\n0\r\n\r\n", 4096).request.body, full);
  EXPECT_EQ(read(kChunked + "4001\r\n", 4096).status, 413);
  EXPECT_EQ(read(kChunked + "4000\r\n" + full + "\r\n1\r\n", 4096).status, 413);
  for (const char* huge :
       {"fffffffffffffffff\r\n", "8000000000000000\r\n", "ffffffffffffffff\r\n"}) {
    EXPECT_EQ(read(kChunked + huge, 1).status, 413) << huge;
    EXPECT_EQ(read(kChunked + "1\r\nx\r\n" + huge, 1).status, 413) << huge;
  }
  std::string tiny = kChunked;
  for (std::size_t i = 0; i <= limits::kBodyBytes; ++i) tiny += "1\r\nx\r\n";
  EXPECT_EQ(read(tiny, 4096).status, 413);
}

TEST(RequestReader, W2_heads_have_a_limit) {
  const auto with_header = [](std::size_t bytes) {
    return kHead + "X: " + std::string(bytes, 'x');
  };
  EXPECT_EQ(read(with_header(limits::kHeaderBytes - kHead.size() - 7) + "\r\n\r\n", 4096).progress,
            Progress::kComplete);
  EXPECT_EQ(read(with_header(limits::kHeaderBytes - kHead.size() - 6) + "\r\n\r\n", 4096).status,
            431);
  EXPECT_EQ(read(with_header(1 << 20), 4096).status, 431) << "without an end in sight";

  std::string many = kHead;
  while (many.size() < limits::kHeaderBytes) many += "A: b\r\n";
  EXPECT_EQ(read(many + "\r\n", 4096).status, 431);
}

TEST(RequestReader, W2_targets_have_a_limit) {
  const std::string target = "/" + std::string(limits::kTargetBytes, 'a');
  EXPECT_EQ(read("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n", 4096).status, 414);
  EXPECT_EQ(read("GET /" + std::string(1 << 20, 'a'), 4096).status, 414) << "without an end";
  EXPECT_EQ(
      read("GET " + target.substr(0, limits::kTargetBytes) + " HTTP/1.1\r\nHost: h\r\n\r\n", 4096)
          .progress,
      Progress::kComplete);
}

TEST(RequestReader, expectations) {
  HttpRequest request;
  RequestReader reader;
  reader.begin(request);
  const std::string head = kHead + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  std::memcpy(reader.space().data(), head.data(), head.size());
  reader.received(head.size());
  EXPECT_EQ(reader.advance(), Progress::kContinue);
  EXPECT_EQ(reader.advance(), Progress::kNeedMore) << "once is enough";
  std::memcpy(reader.space().data(), "ok", 2);
  reader.received(2);
  EXPECT_EQ(reader.advance(), Progress::kComplete);
  EXPECT_EQ(request.body, "ok");

  EXPECT_EQ(read(kHead + "Expect: something\r\n\r\n", 4096).status, 417);
  EXPECT_EQ(read(kHead + "Expect: 100-continue\r\nContent-Length: 99999\r\n\r\n", 4096).status,
            413);
}

TEST(RequestReader, connections_live_as_the_client_says) {
  EXPECT_TRUE(read("GET / HTTP/1.1\r\nHost: h\r\n\r\n", 4096).keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n", 4096).keep_alive);
  EXPECT_FALSE(read("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 4096).keep_alive);
}

TEST(RequestReader, W1_what_follows_a_request_is_the_next_one) {
  RequestReader reader;
  const std::string bytes = kHead + "Content-Length: 2\r\n\r\nab" + kChunked +
                            "1\r\nc\r\n0\r\n\r\n" + "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
  HttpRequest first;
  reader.begin(first);
  std::memcpy(reader.space().data(), bytes.data(), bytes.size());
  reader.received(bytes.size());
  EXPECT_EQ(reader.advance(), Progress::kComplete);
  EXPECT_EQ(first.body, "ab");
  HttpRequest second;
  reader.begin(second);
  EXPECT_EQ(reader.advance(), Progress::kComplete);
  EXPECT_EQ(second.body, "c");
  HttpRequest third;
  reader.begin(third);
  EXPECT_EQ(reader.advance(), Progress::kComplete);
  EXPECT_EQ(third.method, "GET");
  EXPECT_EQ(reader.target(), "/b");
  HttpRequest none;
  reader.begin(none);
  EXPECT_FALSE(reader.started());
  EXPECT_EQ(reader.advance(), Progress::kNeedMore);
}

}  // namespace
}  // namespace postern
