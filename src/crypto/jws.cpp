#include "crypto/jws.hpp"

#include <optional>

#include "base/barrier.hpp"
#include "base/limits.hpp"
#include "crypto/compact_jws.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"
#include "text/json_writer.hpp"

namespace postern {

namespace {

// Every link carries it. Few keys share a verifier, and a kid proves nothing.
constexpr std::size_t kKidHexDigits = 8;

Error refused(std::string reason) {
  return Error{"invalid_token", Retry::kNever, std::move(reason)};
}

/// The key that the header may be for, if its three members are what they must be.
Result<const JwsKey*> match_header(std::span<const JwsKey> keys, std::string_view typ,
                                   std::string_view encoded) {
  const std::optional<std::string> text = base64url_decode(encoded);
  if (!text) return refused("header is not base64url");
  const auto header = parse_flat_json(*text);
  if (!header) return refused("header is not a flat JSON object");
  const auto alg = string_at(*header, "alg");
  const auto header_typ = string_at(*header, "typ");
  const auto kid = string_at(*header, "kid");
  if (!alg || !header_typ || !kid || header->size() != 3) {
    return refused("header is not exactly alg, typ and kid");
  }
  if (*header_typ != typ) return refused("wrong typ");
  for (const JwsKey& key : keys) {
    if (key.kid() != *kid) continue;
    if (key.algorithm() != *alg) return refused("wrong alg for this key");
    return &key;
  }
  return refused("unknown kid");
}

}  // namespace

std::string make_kid(std::string_view public_bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  const std::string digest = sha256(public_bytes);
  std::string kid;
  for (std::size_t i = 0; i < kKidHexDigits / 2; ++i) {
    const auto byte = static_cast<unsigned char>(digest[i]);
    kid.push_back(kHex[byte >> 4]);
    kid.push_back(kHex[byte & 15]);
  }
  return kid;
}

std::string jws_header(const JwsKey& key, std::string_view typ) {
  const std::string json =
      JsonWriter().text("alg", key.algorithm()).text("typ", typ).text("kid", key.kid()).finish();
  return base64url_encode(json) + '.';
}

Result<std::string> sign_jws(const JwsKey& key, std::string_view header, std::string_view payload) {
  constexpr std::size_t kSignatureRoom = 1 + 86;
  std::string token;
  token.reserve(header.size() + payload.size() * 4 / 3 + 2 + kSignatureRoom);
  token.append(header);
  base64url_append(token, payload);
  const Result<std::string> signature =
      guarded([&]() -> Result<std::string> { return key.sign(token); });
  if (!signature) return signature.error();
  token.push_back('.');
  base64url_append(token, *signature);
  return token;
}

Result<std::string> verify_jws(std::span<const JwsKey> keys, std::string_view typ,
                               std::string_view token) {
  if (token.size() > limits::kTokenBytes) return refused("too long");
  const std::optional<CompactParts> parts = split_compact(token);
  if (!parts) return refused("not three parts");
  const Result<const JwsKey*> key = match_header(keys, typ, parts->header);
  if (!key) return key.error();
  const std::optional<std::string> signature = base64url_decode(parts->signature);
  if (!signature) return refused("signature is not base64url");
  if (!(*key)->verify(parts->signing_input, *signature)) return refused("wrong signature");
  std::optional<std::string> payload = base64url_decode(parts->payload);
  if (!payload) return refused("payload is not base64url");
  return std::move(*payload);
}

}  // namespace postern
