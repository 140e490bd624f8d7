// A mail server on a loopback port that does what a test's script says, and remembers what it
// received. Behaves well where the script is silent.
//
// Thread contract: used by the test's thread; serves every connection on a thread of its own.
// Reads of a client that neither speaks nor hangs up end after some seconds.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mail_smtp/certificates_test.hpp"

namespace postern {

/// Instead of a reply: hang up; say nothing until the client hangs up; send a reply that never
/// ends, one byte every few milliseconds.
inline constexpr std::string_view kDrop = "!drop";
inline constexpr std::string_view kSilence = "!silence";
inline constexpr std::string_view kDrip = "!drip";

struct FakeScript {
  std::string greeting = "220 fake ready";
  std::vector<std::string> keywords = {"PIPELINING", "SIZE 1000000", "STARTTLS",
                                       "AUTH PLAIN LOGIN"};
  /// By verb ("MAIL", "AUTH"; "." for the final dot), used up one by one; raw, without the last
  /// CRLF. An empty one stands for the usual reply.
  std::map<std::string, std::deque<std::string>> replies = {};
  CertificateFiles certificate = {};
  bool implicit_tls = false;
  /// 0: all versions.
  int newest_tls = 0;
  /// Before the reply to the first final dot.
  std::chrono::milliseconds slow_dot{0};
  /// After the reply to the final dot.
  bool drop_after_message = false;
  /// Throws away what came behind the final dot.
  bool flush_after_message = false;
  /// Listens on every address of this machine, not on the loopback one alone.
  bool any_address = false;
};

struct SeenLine {
  int connection = 0;
  bool tls = false;
  std::string line;
};

class FakeServer {
 public:
  explicit FakeServer(FakeScript script);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// One more reply for this verb.
  void script(const std::string& verb, std::string reply);
  /// Waits until every client has hung up. The following are complete after it.
  void finish();
  std::vector<SeenLine> seen();
  /// Just the lines of `seen`, of one connection (counted from 1).
  std::vector<std::string> lines(int connection);
  /// As received: dot-stuffed, without the final dot.
  std::vector<std::string> messages();
  int connections();
  /// How often bytes came in; with TLS, how often the client has written.
  int bursts(int connection);

 private:
  struct Client;

  void accept_clients();
  void serve(Client& client);
  bool serve_line(Client& client, const std::string& line);
  /// False when the connection is to be closed. `accepted`: whether the reply was a positive one.
  bool reply(Client& client, const std::string& verb, const std::string& usual,
             bool* accepted = nullptr);
  bool receive_message(Client& client);
  std::string ehlo_reply(const Client& client) const;
  bool take_scripted(const std::string& verb, std::string& reply);

  FakeScript script_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::vector<SeenLine> seen_;
  std::vector<std::string> messages_;
  int connections_ = 0;
  std::map<int, int> bursts_;
  std::vector<std::thread> clients_;
  std::thread acceptor_;
};

}  // namespace postern
