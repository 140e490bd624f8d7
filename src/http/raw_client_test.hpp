// A blocking client for tests that speaks bytes, not HTTP: what it is given goes out as it is.
//
// Thread contract: one thread a client. Every wait ends after kPatience, as a failed expectation.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "http/message.hpp"
#include "text/ascii.hpp"

namespace postern {

struct RawResponse {
  int status = 0;
  std::string head;
  std::vector<HttpHeader> headers;
  std::string body;

  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (ascii::equals_ignoring_case(key, name)) return value;
    }
    return {};
  }
  std::size_t count(std::string_view name) const {
    const auto named = [&](const auto& h) { return ascii::equals_ignoring_case(h.first, name); };
    return static_cast<std::size_t>(std::ranges::count_if(headers, named));
  }
};

class RawClient {
 public:
  static constexpr int kPatienceSeconds = 20;
  static constexpr bool kConnectLater = false;

  /// `host` is the last byte of its own address, 127.0.0.host: as many clients as a test wants.
  explicit RawClient(std::uint16_t port, int host = 1, int receive_bytes = 0, bool connect = true)
      : port_(port), socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{kPatienceSeconds, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const sockaddr_in own = loopback(0, host);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    if (receive_bytes > 0) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    }
    if (connect) connect_now();
  }
  void connect_now() {
    const sockaddr_in server = loopback(port_, 1);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server), 0);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  int descriptor() const { return socket_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Nothing at the end of the connection. `head`: the response is one to HEAD.
  std::optional<RawResponse> read(bool head = false) {
    std::size_t end;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    RawResponse response;
    response.head = input_.substr(0, end + 4);
    input_.erase(0, end + 4);
    parse_head(response);
    std::size_t length = 0;
    const std::string text = response.header("Content-Length");
    std::from_chars(text.data(), text.data() + text.size(), length);
    if (head) return response;
    while (input_.size() < length) {
      if (!fill()) return std::nullopt;
    }
    response.body = input_.substr(0, length);
    input_.erase(0, length);
    return response;
  }

  std::optional<RawResponse> ask(std::string_view bytes) {
    EXPECT_TRUE(send(bytes));
    return read();
  }

  bool is_closed() { return input_.empty() && !fill(); }

 private:
  static sockaddr_in loopback(std::uint16_t port, int host) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl((127U << 24U) + static_cast<std::uint32_t>(host));
    return address;
  }
  bool fill() {
    char buffer[4096];
    const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
    EXPECT_FALSE(got < 0 && errno == EAGAIN) << "the server did not answer in time";
    if (got <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }

  static void parse_head(RawResponse& response) {
    const std::string_view head = response.head;
    EXPECT_TRUE(head.starts_with("HTTP/1.1 ")) << head;
    std::from_chars(head.data() + 9, head.data() + 12, response.status);
    for (std::size_t begin = head.find("\r\n") + 2; begin + 2 < head.size();) {
      const std::size_t end = head.find("\r\n", begin);
      const std::size_t colon = head.find(": ", begin);
      response.headers.emplace_back(head.substr(begin, colon - begin),
                                    head.substr(colon + 2, end - colon - 2));
      begin = end + 2;
    }
  }

  std::uint16_t port_;
  int socket_;
  std::string input_;
};

inline std::string post(std::string_view path, std::string_view body,
                        std::string_view headers = {}) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

inline std::string get(std::string_view path, std::string_view headers = {}) {
  const std::string head = "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n";
  return head + std::string(headers) + "\r\n";
}

}  // namespace postern
