#include "mail_smtp/smtp_tls.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

namespace postern {
namespace {

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a server that hangs up would end the
// process by SIGPIPE. This one differs in nothing else.

int socket_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool may_retry() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int bio_write(BIO* bio, const char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL);
  if (sent < 0 && may_retry()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(socket_of(bio), bytes, static_cast<std::size_t>(count), 0);
  if (received < 0 && may_retry()) BIO_set_retry_read(bio);
  return static_cast<int>(received);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

Error tls_setup_error(const std::string& what) {
  ERR_clear_error();
  return Error{"smtp_tls", Retry::kLater, what};
}

bool is_address_literal(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

/// SNI carries names only (RFC 6066, 3); an address is checked against the certificate's own kind.
bool expect_host(SSL* ssl, const std::string& host) {
  if (is_address_literal(host))
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  // The subject's common name is no host name (RFC 9525, 2): only subjectAltName is looked at.
  SSL_set_hostflags(ssl,
                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

}  // namespace

void TlsFree::operator()(bio_method_st* method) const { BIO_meth_free(method); }
void TlsFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsFree::operator()(ssl_st* ssl) const { SSL_free(ssl); }

Result<TlsContext> TlsContext::create(const std::string& ca_file) {
  TlsContext made;
  made.socket_method_.reset(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket"));
  made.context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!made.socket_method_ || !made.context_) return tls_setup_error("TLS cannot be set up");
  BIO_METHOD* method = made.socket_method_.get();
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_ctrl(method, bio_control);

  SSL_CTX* context = made.context_.get();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One read a record instead of two.
  SSL_CTX_set_read_ahead(context, 1);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
    return tls_setup_error("TLS 1.2 cannot be required");
  const bool trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context) == 1
                                       : SSL_CTX_load_verify_file(context, ca_file.c_str()) == 1;
  if (!trusted) return tls_setup_error("the file of trusted certificates cannot be read");
  return made;
}

Result<SslPtr> TlsContext::client(int socket, const std::string& host) const {
  ERR_clear_error();
  SslPtr ssl(SSL_new(context_.get()));
  BIO* bio = BIO_new(socket_method_.get());
  if (!ssl || bio == nullptr || !expect_host(ssl.get(), host)) {
    BIO_free(bio);
    return tls_setup_error("TLS cannot be set up for this host name");
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  return ssl;
}

Error tls_error(const ssl_st* ssl) {
  Error error{"smtp_tls", Retry::kLater, "TLS: "};
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK)
    error.cause += std::string("certificate: ") + X509_verify_cert_error_string(verified);
  else
    error.cause += reason != nullptr ? reason : "the connection was closed";
  ERR_clear_error();
  return error;
}

}  // namespace postern
