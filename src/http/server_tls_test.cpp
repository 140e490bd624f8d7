#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "http/running_server_test.hpp"

namespace postern {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// A key and a certificate of its own in a directory that goes away with the test.
class CertificateFiles {
 public:
  CertificateFiles() : directory_(testing::TempDir() + "postern-tls-XXXXXX") {
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    write_pair(cert(), key());
  }
  ~CertificateFiles() { std::filesystem::remove_all(directory_); }
  std::string cert() const { return directory_ + "/cert.pem"; }
  std::string key() const { return directory_ + "/key.pem"; }

  static void write_pair(const std::string& cert_file, const std::string& key_file) {
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
    X509_set_pubkey(cert.get(), key.get());
    X509_sign(cert.get(), key.get(), EVP_sha256());
    std::FILE* file = std::fopen(cert_file.c_str(), "w");
    PEM_write_X509(file, cert.get());
    std::fclose(file);
    file = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

 private:
  std::string directory_;
};

/// A blocking TLS client over one connection; `version` pins the protocol.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, int version, std::string_view protocols = {},
            const char* ciphers = nullptr)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), socket_(port) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    if (ciphers) SSL_CTX_set_cipher_list(context_.get(), ciphers);
    ssl_.reset(SSL_new(context_.get()));
    if (!protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    }
    SSL_set_fd(ssl_.get(), socket_.descriptor());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }

  bool connected() const { return connected_; }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &length);
    return std::string(reinterpret_cast<const char*>(name), length);
  }
  void send(std::string_view bytes) {
    EXPECT_GT(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())), 0);
  }
  /// All until the server closes properly.
  std::string read_to_end() {
    std::string all;
    char buffer[4096];
    int got;
    while ((got = SSL_read(ssl_.get(), buffer, sizeof buffer)) > 0) {
      all.append(buffer, static_cast<std::size_t>(got));
    }
    EXPECT_EQ(SSL_get_error(ssl_.get(), got), SSL_ERROR_ZERO_RETURN) << "cut off";
    return all;
  }

 private:
  Context context_;
  RawClient socket_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  bool connected_ = false;
};

HttpServerOptions options_with(const CertificateFiles& files) {
  HttpServerOptions options;
  options.tls_cert_file = files.cert();
  options.tls_key_file = files.key();
  return options;
}

TEST(ServerTls, H2_speaks_https_and_says_so) {
  const CertificateFiles files;
  RunningServer server(options_with(files));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), version, "\x08http/1.1");
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.protocol(), "http/1.1");
    client.send(post("/echo", "one") + get("/large") + get("/echo", "Connection: close\r\n"));
    const std::string responses = client.read_to_end();
    EXPECT_NE(responses.find("POST /echo? 127.0.0.1 one"), std::string::npos);
    EXPECT_GT(responses.size(), std::size_t{8} << 20);
    EXPECT_TRUE(responses.ends_with("GET /echo? 127.0.0.1 "));
    EXPECT_NE(responses.find("Strict-Transport-Security: max-age=31536000"), std::string::npos);
  }
}

TEST(ServerTls, responses_from_another_thread) {
  const CertificateFiles files;
  RunningServer server(options_with(files));
  TlsClient client(server.port(), TLS1_3_VERSION);
  client.send(post("/held", "", "Connection: close\r\n"));
  ASSERT_TRUE(server.held().wait_for(1));
  server.held().take()(HttpResponse{200, "text/plain", "held", {}});
  EXPECT_TRUE(client.read_to_end().ends_with("held"));
}

TEST(ServerTls, old_protocols_and_other_protocols_are_refused) {
  const CertificateFiles files;
  RunningServer server(options_with(files));
  EXPECT_FALSE(TlsClient(server.port(), TLS1_VERSION).connected());
  EXPECT_FALSE(TlsClient(server.port(), TLS1_1_VERSION).connected());
  EXPECT_FALSE(TlsClient(server.port(), TLS1_3_VERSION, "\x02h2").connected());
  RawClient plain(server.port());
  plain.send(get("/echo"));
  const auto response = plain.read();
  EXPECT_FALSE(response) << "no HTTP without TLS";
}

TEST(ServerTls, H2_only_ciphers_with_forward_secrecy_and_authentication) {
  const CertificateFiles files;
  RunningServer server(options_with(files));
  const auto connects = [&](const char* ciphers) {
    return TlsClient(server.port(), TLS1_2_VERSION, {}, ciphers).connected();
  };
  for (const char* good : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                           "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    EXPECT_TRUE(connects(good)) << good;
  }
  for (const char* bad :
       {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-CCM8",
        "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "AECDH-AES128-SHA:@SECLEVEL=0"}) {
    EXPECT_FALSE(connects(bad)) << bad;
  }
}

TEST(ServerTls, W2_a_handshake_that_does_not_come_is_cut_off) {
  const CertificateFiles files;
  HttpServerOptions options = options_with(files);
  options.timeouts.header = std::chrono::milliseconds(50);
  RunningServer server(options);
  RawClient silent(server.port());
  EXPECT_TRUE(silent.is_closed());
}

TEST(ServerTls, a_key_of_another_certificate_is_refused_at_the_start) {
  const CertificateFiles files;
  const CertificateFiles others;
  Logger log(LogLevel::kOff, LogFormat::kText);
  const Router router;
  HttpServerOptions options = options_with(files);
  options.listen = "127.0.0.1:0";
  options.tls_key_file = others.key();
  EXPECT_THROW(HttpServer(options, router, log), std::runtime_error);
}

}  // namespace
}  // namespace postern
