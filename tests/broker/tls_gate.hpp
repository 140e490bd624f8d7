// Puts TLS before a plain TCP server, with a certificate made on the spot, as a client should
// accept or refuse it.
//
// Thread contract: belongs to one thread; serves its clients on a thread of its own, one by one.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace postern {

struct TlsGateOptions {
  /// Subject alternative names as OpenSSL writes them.
  std::string names = "DNS:localhost,IP:127.0.0.1";
  std::string common_name = "test broker";
  /// Seconds from now; negative: it has expired.
  long expires_in_s = 3600;
  int max_version = TLS1_3_VERSION;
};

class TlsGate {
 public:
  TlsGate(int server_port, const TlsGateOptions& options)
      : server_port_(server_port), context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    make_certificate(options);
    SSL_CTX_set_security_level(context_.get(), 0);  // or there would be no old versions to refuse
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    if (bind(listener_, as_sockaddr(&address), size) != 0 || listen(listener_, 8) != 0 ||
        getsockname(listener_, as_sockaddr(&address), &size) != 0) {
      throw std::runtime_error("tls gate");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~TlsGate() {
    ended_ = true;
    thread_.join();
    close(listener_);
  }
  TlsGate(const TlsGate&) = delete;
  TlsGate& operator=(const TlsGate&) = delete;

  int port() const { return port_; }
  /// Writes the certificate, which is its own authority.
  void write_authority(const std::string& path) const {
    FILE* file = fopen(path.c_str(), "w");
    if (file == nullptr || PEM_write_X509(file, certificate_.get()) != 1) {
      throw std::runtime_error("authority file");
    }
    fclose(file);
  }

 private:
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

  void make_certificate(const TlsGateOptions& options) {
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    X509* certificate = certificate_.get();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), options.expires_in_s);
    X509_set_pubkey(certificate, key.get());
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(options.common_name.data()),
                               static_cast<int>(options.common_name.size()), -1, 0);
    X509_set_issuer_name(certificate, name);
    auto* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, options.names.c_str());
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    if (X509_sign(certificate, key.get(), EVP_sha256()) == 0 ||
        SSL_CTX_use_certificate(context_.get(), certificate) != 1 ||
        SSL_CTX_use_PrivateKey(context_.get(), key.get()) != 1) {
      throw std::runtime_error("certificate");
    }
  }

  void run() {
    while (!ended_) {
      pollfd fd{listener_, POLLIN, 0};
      if (poll(&fd, 1, 10) <= 0) continue;
      const int client = accept(listener_, nullptr, nullptr);
      std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context_.get()), SSL_free);
      SSL_set_fd(tls.get(), client);
      const timeval patience{5, 0};
      setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      if (SSL_accept(tls.get()) == 1) relay(*tls, client);
      close(client);
    }
  }

  void relay(SSL& tls, int client) {
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(server_port_);
    bool open = connect(server, as_sockaddr(&address), sizeof address) == 0;
    std::array<char, 16384> buffer{};
    while (open && !ended_) {
      std::array<pollfd, 2> fds{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
      if (SSL_pending(&tls) == 0 && poll(fds.data(), fds.size(), 10) <= 0) continue;
      if (fds[0].revents != 0 || SSL_pending(&tls) > 0) {
        const int got = SSL_read(&tls, buffer.data(), static_cast<int>(buffer.size()));
        open = got > 0 &&
               send(server, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
      }
      if (open && fds[1].revents != 0) {
        const auto got = recv(server, buffer.data(), buffer.size(), 0);
        open = got > 0 && SSL_write(&tls, buffer.data(), static_cast<int>(got)) > 0;
      }
    }
    close(server);
  }

  const int server_port_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_{X509_new(), X509_free};
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace postern
