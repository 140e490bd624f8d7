#include "crypto/session_token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

#include "base/ids.hpp"
#include "text/base64url.hpp"

namespace postern {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kNameBytes = 2 * kIdBytes;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kTokenBytes = kNameBytes + kSecretBytes + kTagBytes;
constexpr std::size_t kTokenCharacters = (kTokenBytes * 4 + 2) / 3;

std::string hmac(const Secret& key, std::string_view text) {
  std::string mac(32, '\0');
  unsigned length = 0;
  const auto* done = HMAC(EVP_sha256(), key.view().data(), static_cast<int>(key.view().size()),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                          reinterpret_cast<unsigned char*>(mac.data()), &length);
  if (!done || length != mac.size()) throw std::runtime_error("HMAC failed");
  return mac;
}

int hex_value(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

/// `id` is one.
std::string pack_id(std::string_view id) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < id.size(); i += 2) {
    if (id[i] == '-') ++i;
    bytes.push_back(static_cast<char>(hex_value(id[i]) << 4 | hex_value(id[i + 1])));
  }
  return bytes;
}

std::string unpack_id(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id.push_back('-');
    const auto byte = static_cast<unsigned char>(bytes[i]);
    id.push_back(kHex[byte >> 4]);
    id.push_back(kHex[byte & 15]);
  }
  return id;
}

char mark_of(SessionTokenUse use) {
  switch (use) {
    case SessionTokenUse::kCookie:
      return 'c';
    case SessionTokenUse::kClientRefresh:
      return 'g';
    case SessionTokenUse::kRefresh:
      break;
  }
  return 'r';
}

}  // namespace

SessionTokens::SessionTokens(const Secret& secret_key)
    : tag_key_(derive_key(secret_key, "session-token")),
      successor_key_(derive_key(secret_key, "refresh-successor")) {}

std::string SessionTokens::tag(SessionTokenUse use, std::string_view names_and_secret) const {
  return hmac(tag_key_, mark_of(use) + std::string(names_and_secret)).substr(0, kTagBytes);
}

std::string SessionTokens::assemble(SessionTokenUse use, std::string names_and_secret) const {
  names_and_secret += tag(use, names_and_secret);
  return base64url_encode(names_and_secret);
}

Result<std::string> SessionTokens::make(SessionTokenUse use, std::string_view session_id,
                                        std::string_view account_id) const {
  if (!is_id(session_id) || !is_id(account_id)) {
    return Error{"internal", Retry::kNever, "a session token names ids only"};
  }
  return assemble(use, pack_id(session_id) + pack_id(account_id) + random_bytes(kSecretBytes));
}

std::optional<SessionTokenParts> SessionTokens::read(SessionTokenUse use,
                                                     std::string_view token) const {
  if (token.size() != kTokenCharacters) return std::nullopt;
  const auto bytes = base64url_decode(token);
  if (!bytes || bytes->size() != kTokenBytes) return std::nullopt;
  const std::string_view view = *bytes;
  const auto signed_part = view.substr(0, kNameBytes + kSecretBytes);
  if (!equal_in_constant_time(tag(use, signed_part), view.substr(signed_part.size()))) {
    return std::nullopt;
  }
  return SessionTokenParts{unpack_id(view.substr(0, kIdBytes)),
                           unpack_id(view.substr(kIdBytes, kIdBytes)), hash_session_token(token)};
}

std::string SessionTokens::successor(SessionTokenUse use, std::string_view token) const {
  const auto bytes = base64url_decode(token);
  if (!bytes || bytes->size() != kTokenBytes) return {};
  return assemble(use, bytes->substr(0, kNameBytes) + hmac(successor_key_, *bytes));
}

std::string hash_session_token(std::string_view token) { return base64url_encode(sha256(token)); }

}  // namespace postern
