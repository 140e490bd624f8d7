#include <unistd.h>

#include "broker/broker_probe.hpp"
#include "broker/tls_gate.hpp"
#include "queue_rabbit/rabbit_publisher.hpp"

namespace postern {
namespace {

class RabbitTls : public ::testing::Test {
 protected:
  RabbitTls() : authority_(::testing::TempDir() + "authority-" + std::to_string(getpid())) {}
  ~RabbitTls() override { unlink(authority_.c_str()); }

  RabbitOptions through(const TlsGate& gate, const std::string& host) {
    gate.write_authority(authority_);
    auto options = test_broker();
    options.tls = true;
    options.ca_file = authority_;
    options.hosts = {{host, gate.port()}};
    return options;
  }
  Status connect(const RabbitOptions& options) { return RabbitPublisher(options, log_).connect(); }
  static int broker_port() { return test_broker().hosts.front().port; }

  std::string authority_;
  Logger log_{LogLevel::kOff, LogFormat::kText};
};

TEST_F(RabbitTls, X2_a_certificate_of_a_trusted_authority_for_this_host_is_accepted) {
  const TlsGate gate(broker_port(), {});
  for (const auto* host : {"localhost", "127.0.0.1"}) {
    const auto options = through(gate, host);
    RabbitPublisher publisher(options, log_);
    OutboxRow row;
    row.id = "a";
    row.body = std::string(1000, ' ');
    const std::vector<OutboxRow> rows(300, row);
    const auto outcome = publisher.publish(rows);
    ASSERT_TRUE(outcome) << outcome.error().cause;
    EXPECT_THAT(*outcome, ::testing::Each(true));
  }
  BrokerProbe().delete_topology();
}

TEST_F(RabbitTls, X2_a_certificate_for_another_host_is_refused) {
  for (const auto* names : {"DNS:other.example", "DNS:*.localhost", "IP:127.0.0.2"}) {
    TlsGateOptions other;
    other.names = names;
    const TlsGate gate(broker_port(), other);
    for (const auto* host : {"localhost", "127.0.0.1"}) {
      const auto status = connect(through(gate, host));
      ASSERT_FALSE(status) << names << " " << host;
      EXPECT_EQ(status.error().code, rabbit_error::kUnavailable);
    }
  }
}

TEST_F(RabbitTls, X2_the_common_name_is_no_substitute_for_a_name) {
  TlsGateOptions nameless;
  nameless.names = "email:a@example.com";
  nameless.common_name = "localhost";
  const TlsGate gate(broker_port(), nameless);
  EXPECT_FALSE(connect(through(gate, "localhost")));
}

TEST_F(RabbitTls, X2_an_expired_certificate_is_refused) {
  TlsGateOptions expired;
  expired.expires_in_s = -60;
  const TlsGate gate(broker_port(), expired);
  EXPECT_FALSE(connect(through(gate, "localhost")));
}

TEST_F(RabbitTls, X2_an_unknown_authority_is_refused) {
  const TlsGate gate(broker_port(), {});
  const TlsGate other(broker_port(), {});
  auto options = through(gate, "localhost");
  other.write_authority(authority_);
  EXPECT_FALSE(connect(options));
  options.ca_file.clear();
  EXPECT_FALSE(connect(options)) << "the system trusts it?";
  options.ca_file = "/nonexistent/authority.pem";
  EXPECT_FALSE(connect(options));
}

TEST_F(RabbitTls, X2_versions_before_1_2_are_refused) {
  TlsGateOptions options;
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    options.max_version = version;
    const TlsGate gate(broker_port(), options);
    EXPECT_FALSE(connect(through(gate, "localhost")));
  }
  options.max_version = TLS1_2_VERSION;
  const TlsGate gate(broker_port(), options);
  EXPECT_TRUE(connect(through(gate, "localhost")));
}

TEST_F(RabbitTls, X2_a_server_without_tls_is_refused) {
  auto options = test_broker();
  options.tls = true;
  EXPECT_FALSE(connect(options));
}

}  // namespace
}  // namespace postern
