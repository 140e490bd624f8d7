#include "app/healthcheck.hpp"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "http/server.hpp"

namespace postern {
namespace {

using testing::HasSubstr;

/// An admin listener: healthy, not ready, and one response beyond the limit.
class AdminServer {
 public:
  AdminServer() {
    const auto add = [this](const char* path, int status, const std::string& body) {
      routes_.add("GET", path, [=](const HttpRequest&, Respond respond) {
        respond({status, "application/json", body, {}});
      });
    };
    add("/healthz", 200, R"({"status":"ok"})");
    add("/readyz", 503, "{\"status\":\n\"unavailable\"}");
    add("/long", 200, std::string(limits::kHealthResponseBytes + 1, 'x'));
    HttpServerOptions options;
    options.listen = "127.0.0.1:0";
    server_.emplace(std::move(options), routes_, log_);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~AdminServer() {
    server_->stop();
    thread_.join();
  }

  std::string listen(const std::string& host = "127.0.0.1") const {
    return host + ":" + std::to_string(server_->port());
  }

 private:
  Router routes_;
  Logger log_{LogLevel::kOff, LogFormat::kText};
  std::optional<HttpServer> server_;
  std::thread thread_;
};

/// Accepts connections and never says anything; or, closed, a port that refuses them.
class SilentPort {
 public:
  SilentPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    listen_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~SilentPort() { close(); }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  const std::string& listen() const { return listen_; }

 private:
  int socket_;
  std::string listen_;
};

TEST(Healthcheck, only_200_is_good_and_the_body_is_reported_in_one_line) {
  const AdminServer server;
  const auto healthy = ask_health(health_url(server.listen(), "/healthz"));
  ASSERT_TRUE(healthy) << healthy.error().cause;
  EXPECT_TRUE(healthy->good);
  EXPECT_EQ(healthy->report, R"(200 {"status":"ok"})");
  const auto ready = ask_health(health_url(server.listen(), "/readyz"));
  ASSERT_TRUE(ready) << ready.error().cause;
  EXPECT_FALSE(ready->good);
  EXPECT_EQ(ready->report, R"(503 {"status": "unavailable"})");
}

TEST(Healthcheck, a_listener_on_every_address_is_asked_on_loopback) {
  EXPECT_EQ(health_url("0.0.0.0:5002", "/healthz"), "http://127.0.0.1:5002/healthz");
  EXPECT_EQ(health_url("[::]:5002", "/readyz"), "http://[::1]:5002/readyz");
  EXPECT_EQ(health_url("[fd00::1]:5002", "/readyz"), "http://[fd00::1]:5002/readyz");
  EXPECT_EQ(health_url("10.0.0.1:80", "/healthz"), "http://10.0.0.1:80/healthz");
  const AdminServer server;
  const auto health = ask_health(health_url(server.listen("0.0.0.0"), "/healthz"));
  ASSERT_TRUE(health) << health.error().cause;
  EXPECT_TRUE(health->good);
}

TEST(Healthcheck, the_environments_proxy_is_not_used) {
  const AdminServer server;
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  const auto health = ask_health(health_url(server.listen(), "/healthz"));
  unsetenv("http_proxy");
  EXPECT_TRUE(health);
}

TEST(Healthcheck, no_listener_silence_and_a_long_response_are_errors) {
  SilentPort port;
  const auto silent =
      ask_health(health_url(port.listen(), "/healthz"), std::chrono::milliseconds(50));
  ASSERT_FALSE(silent);
  EXPECT_THAT(silent.error().cause, HasSubstr(port.listen() + "/healthz: "));
  port.close();
  EXPECT_FALSE(ask_health(health_url(port.listen(), "/healthz")));
  const AdminServer server;
  EXPECT_FALSE(ask_health(health_url(server.listen(), "/long")));
}

}  // namespace
}  // namespace postern
