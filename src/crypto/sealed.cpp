#include "crypto/sealed.hpp"

#include <sodium.h>

#include <stdexcept>

#include "text/base64url.hpp"

namespace postern {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

bool is_key(const Secret& key) {
  return key.view().size() == crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
}

}  // namespace

std::string seal(const Secret& key, std::string_view place, std::string_view plain) {
  if (sodium_init() < 0 || !is_key(key)) throw std::runtime_error("sealing needs a key");
  const std::string nonce = random_bytes(kNonceBytes);
  std::string sealed(plain.size() + kTagBytes, '\0');
  crypto_aead_xchacha20poly1305_ietf_encrypt(octets(sealed), nullptr, octets(plain), plain.size(),
                                             octets(place), place.size(), nullptr, octets(nonce),
                                             octets(key.view()));
  return base64url_encode(nonce + sealed);
}

Result<Secret> open_sealed(const Secret& key, std::string_view place, std::string_view sealed) {
  const Error refused{"cannot_open", Retry::kNever, "sealed under another key, or changed"};
  const auto bytes = base64url_decode(sealed);
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes || !is_key(key)) return refused;
  const auto text = std::string_view(*bytes).substr(kNonceBytes);
  std::string plain(text.size() - kTagBytes, '\0');
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      octets(plain), nullptr, nullptr, octets(text), text.size(), octets(place), place.size(),
      octets(*bytes), octets(key.view()));
  Secret secret(std::move(plain));
  if (opened != 0) return refused;
  return secret;
}

}  // namespace postern
