#include "text/base64url.hpp"

#include <sodium.h>

#include "text/ascii.hpp"

namespace postern {
namespace {

constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

}  // namespace

void base64url_append(std::string& text, std::string_view bytes) {
  const std::size_t start = text.size();
  // With the NUL that the library ends the text with.
  const std::size_t size = sodium_base64_encoded_len(bytes.size(), kVariant);
  text.resize(start + size);
  sodium_bin2base64(text.data() + start, size, reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), kVariant);
  text.pop_back();
}

std::string base64url_encode(std::string_view bytes) {
  std::string text;
  base64url_append(text, bytes);
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  // The library takes some other bytes for '-' or '_'.
  if (!ascii::is_ascii(text)) return std::nullopt;
  std::string bytes(text.size() * 3 / 4 + 1, '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                        text.size(), nullptr, &size, nullptr, kVariant) != 0) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace postern
