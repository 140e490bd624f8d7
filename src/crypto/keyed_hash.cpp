#include "crypto/keyed_hash.hpp"

#include <sodium.h>

#include <bit>

namespace postern {

KeyedHash::KeyedHash() {
  static_assert(sizeof(key_) == crypto_shorthash_KEYBYTES);
  crypto_shorthash_keygen(key_.data());
}

std::uint64_t KeyedHash::operator()(std::string_view text) const {
  std::array<unsigned char, crypto_shorthash_BYTES> hash;
  crypto_shorthash(hash.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                   key_.data());
  return std::bit_cast<std::uint64_t>(hash);
}

}  // namespace postern
