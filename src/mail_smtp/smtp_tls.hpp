// TLS towards the mail server: 1.2 or newer, with a certificate that the system's store (or a
// given file) verifies and that bears the host's name or address.
//
// Thread contract: belongs to one thread; outlives the connections that it opens.
// Knows no setting that weakens any of it.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"

struct bio_method_st;
struct ssl_ctx_st;
struct ssl_st;

namespace postern {

struct TlsFree {
  void operator()(bio_method_st* method) const;
  void operator()(ssl_ctx_st* context) const;
  void operator()(ssl_st* ssl) const;
};

using SslPtr = std::unique_ptr<ssl_st, TlsFree>;

class TlsContext {
 public:
  /// `ca_file` is PEM; empty: the system's store. Error: smtp_tls.
  static Result<TlsContext> create(const std::string& ca_file);

  /// A client over the connected, non-blocking `socket` (not owned), ready for its handshake; asks
  /// for and checks `host`, which is a name or an address literal. Error: smtp_tls.
  Result<SslPtr> client(int socket, const std::string& host) const;

 private:
  std::unique_ptr<bio_method_st, TlsFree> socket_method_;
  std::unique_ptr<ssl_ctx_st, TlsFree> context_;
};

/// Says why the last call on `ssl` failed: the certificate's fault first.
Error tls_error(const ssl_st* ssl);

}  // namespace postern
