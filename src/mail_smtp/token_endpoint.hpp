// One form posted to an OAuth 2.0 token endpoint over HTTPS.
//
// Thread contract: may be called from any thread; blocks up to the limits.
// Follows no redirect, and keeps no connection: a token lives long. libcurl stays behind this.
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "crypto/secret.hpp"

namespace postern {

struct TokenResponse {
  long status = 0;
  std::string body;
};

/// Posts application/x-www-form-urlencoded. Error: oauth_endpoint, without the form's content.
using PostForm = std::function<Result<TokenResponse>(const std::string& url, const Secret& form)>;

/// Over HTTPS with the certificate verified; plain HTTP to loopback addresses only. `ca_file`: PEM,
/// empty for the system's authorities.
PostForm https_post(std::string ca_file = {});

/// Whether a token may be asked for there: https, or http to loopback.
bool is_token_url(const std::string& url);

}  // namespace postern
