// The services and settings of the OpenID Provider's operations.
//
// Thread contract: as account/services.hpp: an operation may be called from any thread and returns
// at once; `done` is called exactly once, later or at once, from any thread, and must not block.
// Error codes are those of OAuth 2.0 and OpenID Connect, with a text for the client's developer;
// besides them overloaded and store_unavailable (Retry::kLater).
#pragma once

#include <string>
#include <string_view>

#include "account/session_services.hpp"
#include "crypto/secret.hpp"
#include "oidc/clients.hpp"

namespace postern {

struct OidcServices {
  SessionServices& accounts;
  Clients& clients;
  /// BASE_URL without a trailing slash.
  std::string issuer;
  /// Authorization codes are sealed under it.
  Secret code_key;
};

/// The purpose of code_key (derive_key).
inline constexpr std::string_view kCodeKeyPurpose = "authorization-code";

/// An error that the client's developer can read.
inline Error oidc_error(std::string code, std::string text) {
  return {std::move(code), Retry::kNever, text, text};
}

}  // namespace postern
