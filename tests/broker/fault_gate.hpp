// A TCP relay between a client and its server that misbehaves on demand: to break off all
// connections, to refuse new ones, or to swallow what is sent without a word (a partition).
//
// Thread contract: all public members may be called from any thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <list>
#include <stdexcept>
#include <thread>
#include <vector>

namespace postern {

class FaultGate {
 public:
  explicit FaultGate(int server_port) : server_port_(server_port) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, as_sockaddr(&address), size) != 0 || listen(listener_, 64) != 0 ||
        getsockname(listener_, as_sockaddr(&address), &size) != 0) {
      throw std::runtime_error("fault gate");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~FaultGate() {
    ended_ = true;
    thread_.join();
    close(listener_);
    for (const auto& pair : pairs_) end(pair);
  }
  FaultGate(const FaultGate&) = delete;
  FaultGate& operator=(const FaultGate&) = delete;

  int port() const { return port_; }
  /// Connections that were let through so far.
  int accepted() const { return accepted_; }

  /// Breaks all connections; they are gone when this returns.
  void cut() {
    cutting_ = true;
    while (cutting_) std::this_thread::yield();
  }
  /// While it is shut, new connections are ended at once.
  void shut(bool yes) { shut_ = yes; }
  /// While it stalls, nothing is read from either side: a peer that hangs, and full buffers.
  void stall(bool yes) { stalled_ = yes; }
  /// Swallows what the server (or the client) sends; connections stay.
  void mute_server(bool yes) { server_muted_ = yes; }
  void mute_client(bool yes) { client_muted_ = yes; }

 private:
  struct Pair {
    int client;
    int server;
  };

  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static sockaddr* as_sockaddr(sockaddr_in* address) {
    return reinterpret_cast<sockaddr*>(address);  // NOLINT: the sockets API
  }
  static void end(const Pair& pair) {
    close(pair.client);
    close(pair.server);
  }
  static void send_all(int to, const char* data, std::size_t size) {
    while (size > 0) {
      const auto sent = send(to, data, size, MSG_NOSIGNAL);
      if (sent <= 0) return;
      data += sent;
      size -= static_cast<std::size_t>(sent);
    }
  }

  void run() {
    while (!ended_) {
      std::vector<pollfd> fds{{listener_, POLLIN, 0}};
      if (cutting_) {
        for (const auto& pair : pairs_) end(pair);
        pairs_.clear();
        cutting_ = false;
      }
      if (stalled_) {
        std::this_thread::yield();
        continue;
      }
      for (const auto& pair : pairs_) {
        fds.push_back({pair.client, POLLIN, 0});
        fds.push_back({pair.server, POLLIN, 0});
      }
      if (poll(fds.data(), fds.size(), 1) <= 0) continue;
      if (fds[0].revents != 0) accept_one();
      std::size_t at = 1;
      for (auto pair = pairs_.begin(); at + 1 < fds.size(); at += 2) {
        const bool open =
            (fds[at].revents == 0 || pass(pair->client, pair->server, client_muted_)) &&
            (fds[at + 1].revents == 0 || pass(pair->server, pair->client, server_muted_));
        if (!open) end(*pair);
        pair = open ? std::next(pair) : pairs_.erase(pair);
      }
    }
  }

  void accept_one() {
    const int client = accept(listener_, nullptr, nullptr);
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(server_port_);
    if (shut_ || connect(server, as_sockaddr(&address), sizeof address) != 0) {
      end({client, server});
      return;
    }
    ++accepted_;
    pairs_.push_back({client, server});
  }

  bool pass(int from, int to, bool muted) {
    const auto got = recv(from, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return false;
    if (!muted) send_all(to, buffer_.data(), static_cast<std::size_t>(got));
    return true;
  }

  const int server_port_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> cutting_ = false;
  std::atomic<bool> shut_ = false;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> server_muted_ = false;
  std::atomic<bool> client_muted_ = false;
  std::atomic<int> accepted_ = 0;
  std::list<Pair> pairs_;
  std::array<char, 65536> buffer_{};
  std::thread thread_;
};

}  // namespace postern
