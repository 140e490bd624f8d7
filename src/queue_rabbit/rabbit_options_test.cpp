#include "queue_rabbit/rabbit_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern {
namespace {

std::string hosts_of(const RabbitOptions& options) {
  std::string all;
  for (const auto& host : options.hosts) all += host.name + ":" + std::to_string(host.port) + " ";
  return all;
}

TEST(RabbitUrl, every_part_is_read) {
  const auto options = parse_rabbit_url("amqp://jane:s3cret@mq.example.com:5673/shop");
  ASSERT_TRUE(options);
  EXPECT_EQ(hosts_of(*options), "mq.example.com:5673 ");
  EXPECT_EQ(options->user, "jane");
  EXPECT_EQ(options->password, "s3cret");
  EXPECT_EQ(options->vhost, "shop");
  EXPECT_FALSE(options->tls);
}

TEST(RabbitUrl, what_is_left_out_has_the_usual_value) {
  for (const auto* url : {"amqp://localhost", "amqp://localhost/", "amqp://localhost/%2f"}) {
    const auto options = parse_rabbit_url(url);
    ASSERT_TRUE(options) << url;
    EXPECT_EQ(hosts_of(*options), "localhost:5672 ");
    EXPECT_EQ(options->user + "/" + options->password, "guest/guest");
    EXPECT_EQ(options->vhost, "/");
  }
  EXPECT_EQ(parse_rabbit_url("amqp://jane@localhost")->password, "");
}

TEST(RabbitUrl, X2_amqps_is_tls_on_its_own_port) {
  const auto options = parse_rabbit_url("amqps://u:p@h?cacertfile=/etc/ca%20file.pem&heartbeat=20");
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->tls);
  EXPECT_EQ(hosts_of(*options), "h:5671 ");
  EXPECT_EQ(options->ca_file, "/etc/ca file.pem");
  EXPECT_EQ(options->heartbeat, std::chrono::seconds(20));
}

TEST(RabbitUrl, Q1_parameters_are_read_or_named) {
  struct Case {
    const char* query;
    int heartbeat_s;
    std::vector<std::string> unused;
  };
  const auto usual = static_cast<int>(limits::kBrokerHeartbeat.count());
  const std::vector<Case> cases{
      {"heartbeat=0", 0, {}},
      {"heartbeat=600", 600, {}},
      {"connection_timeout=30000", usual, {"connection_timeout"}},
      {"channel_max=50&heartbeat=0", 0, {"channel_max"}},
      {"verify=verify_peer", usual, {}},
      {"locale=en_US&ssl_options=%7B%7D&blocked_connection_timeout",
       usual,
       {"locale", "ssl_options", "blocked_connection_timeout"}},
      {"&&", usual, {}},
      {"s3cr%65t+word=1", usual, {"?"}},
  };
  for (const auto& [query, heartbeat_s, unused] : cases) {
    const auto options =
        parse_rabbit_url(std::string("amqp://guest:guest@127.0.0.1:5672/?") + query);
    ASSERT_TRUE(options) << query << ": " << options.error().cause;
    EXPECT_EQ(options->heartbeat, std::chrono::seconds(heartbeat_s)) << query;
    EXPECT_EQ(options->unused_parameters, unused) << query;
  }
}

TEST(RabbitUrl, Q2_a_client_certificate_has_a_key_of_its_own_or_in_the_same_file) {
  const auto both = parse_rabbit_url("amqps://h?cacertfile=/ca&certfile=/c.pem&keyfile=/k.pem");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->cert_file + " " + both->key_file, "/c.pem /k.pem");
  EXPECT_EQ(parse_rabbit_url("amqps://h?certfile=/both.pem")->key_file, "/both.pem");
}

TEST(RabbitUrl, a_vhost_is_written_as_clients_do) {
  for (const auto& [path, vhost] :
       std::vector<std::pair<const char*, const char*>>{{"//", "/"},
                                                        {"/%2F", "/"},
                                                        {"/%2Fshop", "/shop"},
                                                        {"/shop", "shop"},
                                                        {"/?heartbeat=5", "/"}}) {
    const auto options = parse_rabbit_url(std::string("AMQP://guest:guest@h") + path);
    ASSERT_TRUE(options) << path;
    EXPECT_EQ(options->vhost, vhost) << path;
  }
}

TEST(RabbitUrl, parts_are_percent_decoded) {
  const auto options = parse_rabbit_url("amqp://a%40b:p%3A%2F%25%2c@h/v%2fw");
  ASSERT_TRUE(options);
  EXPECT_EQ(options->user, "a@b");
  EXPECT_EQ(options->password, "p:/%,");
  EXPECT_EQ(options->vhost, "v/w");
}

TEST(RabbitUrl, several_hosts_in_both_forms) {
  for (const auto* url : {"amqp://u:p@h1:5672,h2,[::1]:7/v",
                          "amqp://u:p@h1:5672/v,amqp://u:p@h2/v,amqp://u:p@[::1]:7/v"}) {
    const auto options = parse_rabbit_url(url);
    ASSERT_TRUE(options) << url;
    EXPECT_EQ(hosts_of(*options), "h1:5672 h2:5672 ::1:7 ");
    EXPECT_EQ(options->vhost, "v");
  }
}

TEST(RabbitUrl, H5_bad_ones_are_refused_without_the_password) {
  const std::string many_hosts = [] {
    std::string list = "amqp://u:s3cret@h0";
    for (int i = 1; i < 17; ++i) list += ",h" + std::to_string(i);
    return list;
  }();
  for (const std::string& url : {std::string(),
                                 std::string("localhost"),
                                 std::string("http://u:s3cret@h"),
                                 std::string("amqp://"),
                                 std::string("amqp://u:s3cret@"),
                                 std::string("amqp://u:s3cret@h:0"),
                                 std::string("amqp://u:s3cret@h:65536"),
                                 std::string("amqp://u:s3cret@h:12x"),
                                 std::string("amqp://u:s3cret@h:-1"),
                                 std::string("amqp://u:s3cret@h,"),
                                 std::string("amqp://u:s3cret@h/a/b"),
                                 std::string("amqp://u:s3cret@h/%zz"),
                                 std::string("amqp://u:s3cret%2@h"),
                                 std::string("amqp://u:s3cret%00@h"),
                                 std::string("amqp://:s3cret@h"),
                                 std::string("amqp://u:s3cret@[::1"),
                                 std::string("amqp://u:s3cret@[::1]x"),
                                 std::string("amqp://u:s3cret@h h"),
                                 std::string("amqp://u:s3cret@h#f"),
                                 std::string("amqp://u:s3cret@h?verify=none"),
                                 std::string("amqp://u:s3cret@h?verify=verify_none"),
                                 std::string("amqp://u:s3cret@h?heartbeat=601"),
                                 std::string("amqp://u:s3cret@h?heartbeat=-1"),
                                 std::string("amqp://u:s3cret@h?heartbeat="),
                                 std::string("amqps://u:s3cret@h?cacertfile="),
                                 std::string("amqp://u:s3cret@h?cacertfile=/ca.pem"),
                                 std::string("amqp://u:s3cret@h?certfile=/client.pem"),
                                 std::string("amqps://u:s3cret@h?keyfile=/key.pem"),
                                 std::string("amqps://u:s3cret@h?certfile=%2"),
                                 std::string("amqp://u:pa/s3cret@h/v"),
                                 std::string("amqp://u:pa?s3cret@h/v"),
                                 std::string("amqp://u:pa#s3cret@h/v"),
                                 std::string("amqp://u:p@h/v/s3cret"),
                                 std::string("amqp://u:s3cret@h,amqp://u:other@h"),
                                 std::string("amqp://u:s3cret@h,amqps://u:s3cret@h"),
                                 std::string("amqp://u:s3cret@h\r\n"),
                                 many_hosts}) {
    const auto options = parse_rabbit_url(url);
    ASSERT_FALSE(options) << url;
    EXPECT_EQ(options.error().code, "invalid_url");
    EXPECT_EQ(options.error().retry, Retry::kNever);
    EXPECT_THAT(options.error().cause, ::testing::Not(::testing::HasSubstr("s3cret")));
  }
}

}  // namespace
}  // namespace postern
