// Bytes that are wiped when they are no longer needed.
//
// Thread contract: as std::string.
// Does not lock memory: core dumps are switched off at start, swap is the operator's.
#pragma once

#include <string>
#include <string_view>

#include "text/base64url.hpp"

namespace postern {

class Secret {
 public:
  Secret() = default;
  /// Takes the bytes and leaves nothing behind in `bytes`, short strings included.
  explicit Secret(std::string&& bytes);
  explicit Secret(const std::string& bytes) : bytes_(bytes) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const { return bytes_.empty(); }
  std::string_view view() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Overwrites all that the string has room for, then empties it.
void wipe(std::string& bytes);

/// Takes the same time wherever the difference is; the lengths may show.
bool equal_in_constant_time(std::string_view a, std::string_view b);

/// `count` bytes from the kernel's generator.
std::string random_bytes(std::size_t count);

/// HKDF-SHA-256 (RFC 5869) without salt: one key of 32 bytes for one purpose ("mail-token").
/// Throws std::invalid_argument for an empty secret: its keys would be public.
Secret derive_key(const Secret& secret_key, std::string_view purpose);

/// The 32 raw bytes of SHA-256.
std::string sha256(std::string_view bytes);

}  // namespace postern
