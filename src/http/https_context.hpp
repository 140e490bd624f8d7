// HTTPS of our own: certificate and key from files, TLS 1.2 or newer, HTTP/1.1 by ALPN.
//
// Thread contract: made once, then shared by all connections. A private header.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

namespace postern {

/// Null when both names are empty. Throws std::runtime_error with a plain sentence.
std::unique_ptr<boost::asio::ssl::context> load_tls(const std::string& cert_file,
                                                    const std::string& key_file);

}  // namespace postern
