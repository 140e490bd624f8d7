// A server for tests, on a free port of the loopback, with a few handlers.
//
// Thread contract: made and used by one thread; the server runs in another until it goes away.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "http/raw_client_test.hpp"
#include "http/server.hpp"

namespace postern {

/// More than the kernel takes of a response that the client does not read.
inline constexpr std::size_t kStaticBytes = 8 << 20;

/// Responses that a test gives when it sees fit.
class HeldResponses {
 public:
  void hold(const HttpRequest& request, Respond respond) {
    const std::lock_guard lock(mutex_);
    held_.push_back({&request, std::move(respond)});
    changed_.notify_all();
  }
  /// Waits until there are `count` of them.
  bool wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return held_.size() >= count; });
  }
  Respond take() {
    const std::lock_guard lock(mutex_);
    Respond respond = std::move(held_.front().respond);
    held_.erase(held_.begin());
    return respond;
  }
  const HttpRequest& request() const { return *held_.front().request; }
  void drop_all() {
    const std::lock_guard lock(mutex_);
    held_.clear();
  }

 private:
  struct Held {
    const HttpRequest* request;
    Respond respond;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Held> held_;
};

class RunningServer {
 public:
  explicit RunningServer(HttpServerOptions options = {})
      : router_(make_router()), server_(with_port(std::move(options)), router_, log_) {
    thread_ = std::thread([this] {
      server_.run();
      const std::lock_guard lock(mutex_);
      ended_ = true;
      changed_.notify_all();
    });
  }
  ~RunningServer() {
    server_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return server_.port(); }
  ConnectionCounts connections() const { return server_.connection_counts(); }
  HeldResponses& held() { return held_; }
  void stop() { server_.stop(); }
  void pass_threads(const std::function<void()>& passed) { server_.pass_threads(passed); }
  bool ended_within(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return ended_; });
  }

 private:
  static HttpServerOptions with_port(HttpServerOptions options) {
    if (options.listen.empty()) options.listen = "127.0.0.1:0";
    return options;
  }

  Router make_router() {
    Router router;
    const auto echo = [](const HttpRequest& request, Respond respond) {
      HttpResponse response;
      response.content_type = "text/plain; charset=utf-8";
      response.body = request.method + " " + request.path + "?" + request.query + " " +
                      request.client_address + " " + request.body;
      respond(std::move(response));
    };
    router.add("GET", "/echo", echo);
    router.add("POST", "/echo", echo);
    router.add("GET", "/", echo);
    router.add("GET", "/trace", [](const HttpRequest& request, Respond respond) {
      respond(HttpResponse{200, "text/plain; charset=utf-8", request.traceparent, {}});
    });
    router.add("POST", "/held", [this](const HttpRequest& request, Respond respond) {
      held_.hold(request, std::move(respond));
    });
    router.add("POST", "/throw", [](const HttpRequest&, Respond) {
      throw std::runtime_error("secret of a@example.org");
    });
    router.add("POST", "/drop", [](const HttpRequest&, Respond) {});
    router.add("POST", "/twice", [](const HttpRequest&, Respond respond) {
      respond(HttpResponse{200, "text/plain", "first", {}});
      respond(HttpResponse{200, "text/plain", "second", {}});
    });
    router.add("GET", "/own-headers", [](const HttpRequest&, Respond respond) {
      respond(HttpResponse{200,
                           "text/html; charset=utf-8",
                           "<p>",
                           {{"content-security-policy", "default-src 'self'"},
                            {"Cache-Control", "max-age=60"},
                            {"Content-Length", "999"},
                            {"Transfer-Encoding", "chunked"},
                            {"Connection", "close"}}});
    });
    router.add("GET", "/split", [](const HttpRequest&, Respond respond) {
      respond(HttpResponse{303, "", "", {{"Location", "/a\r\nSet-Cookie: x=1"}}});
    });
    router.add("GET", "/static", [](const HttpRequest&, Respond respond) {
      static const std::string bytes(kStaticBytes, 's');
      respond(HttpResponse{200, "text/plain", "", {}, bytes});
    });
    router.add("GET", "/large", [](const HttpRequest&, Respond respond) {
      respond(HttpResponse{200, "text/plain", std::string(8 << 20, 'x'), {}});
    });
    return router;
  }

  Logger log_{LogLevel::kOff, LogFormat::kText};
  HeldResponses held_;
  Router router_;
  HttpServer server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace postern
