// Bytes that are wiped when they are no longer needed.
//
// Thread contract: as std::string.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace postern {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) : bytes_(std::move(bytes)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  bool empty() const { return bytes_.empty(); }
  std::string_view view() const { return bytes_; }

 private:
  void wipe();
  std::string bytes_;
};

/// `count` bytes from the kernel's generator.
std::string random_bytes(std::size_t count);

/// HKDF-SHA-256 (RFC 5869) without salt: one key of 32 bytes for one purpose ("mail-token").
Secret derive_key(const Secret& secret_key, std::string_view purpose);

/// base64url without padding (RFC 4648, section 5).
std::string base64url_encode(std::string_view bytes);

}  // namespace postern
