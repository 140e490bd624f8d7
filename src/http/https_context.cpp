#include "http/https_context.hpp"

#include <openssl/ssl.h>

#include <stdexcept>
#include <string_view>

#include "base/connection_limits.hpp"

namespace postern {
namespace {

// Of TLS 1.2 what has forward secrecy and authenticated encryption; TLS 1.3 has nothing else.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

constexpr unsigned char kProtocols[] = "\x08http/1.1";

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_bytes,
                    const unsigned char* offered, unsigned int offered_bytes, void*) {
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_bytes, kProtocols, sizeof kProtocols - 1,
                                           offered, offered_bytes);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::unique_ptr<boost::asio::ssl::context> load_tls(const std::string& cert_file,
                                                    const std::string& key_file) {
  namespace ssl = boost::asio::ssl;
  if (cert_file.empty() && key_file.empty()) return nullptr;
  if (cert_file.empty() || key_file.empty()) {
    throw std::runtime_error("HTTPS needs both a certificate file and a key file");
  }
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  SSL_CTX* handle = context->native_handle();
  SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
  // A ticket holds the keys of a session under one key that stays as long as the process: sessions
  // are resumed from memory instead, which forgets them.
  SSL_CTX_set_options(handle, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION |
                                  SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_NO_TICKET);
  SSL_CTX_sess_set_cache_size(handle, limits::kTlsSessions);
  if (SSL_CTX_set_cipher_list(handle, kCiphers) != 1) {
    throw std::runtime_error("TLS has no cipher with forward secrecy");
  }
  SSL_CTX_set_alpn_select_cb(handle, choose_protocol, nullptr);
  boost::system::error_code error;
  context->use_certificate_chain_file(cert_file, error);
  if (error) throw std::runtime_error("cannot read the TLS certificate " + cert_file);
  context->use_private_key_file(key_file, ssl::context::pem, error);
  if (error) throw std::runtime_error("cannot read the TLS key " + key_file);
  if (SSL_CTX_check_private_key(handle) != 1) {
    throw std::runtime_error("the TLS key does not belong to the certificate");
  }
  return context;
}

}  // namespace postern
