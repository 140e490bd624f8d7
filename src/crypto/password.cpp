#include "crypto/password.hpp"

#include <openssl/crypto.h>
#include <sodium.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/limits.hpp"
#include "crypto/utf8.hpp"

namespace postern {

namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = 19 * 1024 * 1024;
constexpr std::size_t kMemoryKib = kMemoryBytes / 1024;
/// Stored parameters over this many times our own are refused: verifying them could take the
/// machine's memory or an hour.
constexpr unsigned kCostCap = 2;

Error weak(std::string reason) { return Error{"weak_password", Retry::kNever, std::move(reason)}; }

/// Picks the fast implementations for this processor; the first caller waits for it.
bool sodium_is_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

/// Cuts `literal` off the front.
bool skip(std::string_view& text, std::string_view literal) {
  if (!text.starts_with(literal)) return false;
  text.remove_prefix(literal.size());
  return true;
}

/// Cuts a number off the front; nothing when there is none, or it does not fit.
std::optional<unsigned> skip_number(std::string_view& text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

struct Cost {
  unsigned memory_kib = 0;
  unsigned passes = 0;
  unsigned lanes = 0;
};

/// Nothing when this is no string that we could have written.
std::optional<Cost> read_cost(std::string_view encoded) {
  if (encoded.size() >= crypto_pwhash_argon2id_STRBYTES) return std::nullopt;
  if (encoded.find('\0') != std::string_view::npos) return std::nullopt;
  if (!skip(encoded, "$argon2id$v=19$m=")) return std::nullopt;
  const auto memory_kib = skip_number(encoded);
  if (!skip(encoded, ",t=")) return std::nullopt;
  const auto passes = skip_number(encoded);
  if (!skip(encoded, ",p=")) return std::nullopt;
  const auto lanes = skip_number(encoded);
  if (!skip(encoded, "$") || !memory_kib || !passes || !lanes) return std::nullopt;
  return Cost{*memory_kib, *passes, *lanes};
}

/// Whether it comes at a cost that we are ready to pay.
bool is_affordable(std::string_view encoded) {
  const auto cost = read_cost(encoded);
  return cost && cost->memory_kib <= kCostCap * kMemoryKib && cost->passes <= kCostCap * kPasses &&
         cost->lanes <= kCostCap;
}

}  // namespace

Result<Secret> normalise_password(std::string_view password) {
  if (password.size() > limits::kPasswordBytes) return weak("too_long");
  if (!is_utf8(password)) return weak("not_text");
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(error);
  // A fixed buffer: a growing string would leave copies behind in freed memory.
  std::array<char, limits::kPasswordBytes> buffer;
  icu::CheckedArrayByteSink sink(buffer.data(), static_cast<int>(buffer.size()));
  const icu::StringPiece text(password.data(), static_cast<int>(password.size()));
  if (U_SUCCESS(error)) nfkc->normalizeUTF8(0, text, sink, nullptr, error);
  std::string normalised;
  const bool fits = !sink.Overflowed();
  if (fits && U_SUCCESS(error)) {
    normalised.assign(buffer.data(), static_cast<std::size_t>(sink.NumberOfBytesWritten()));
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  if (U_FAILURE(error)) return Error{"normalisation_failed", Retry::kLater, u_errorName(error)};
  if (!fits) return weak("too_long");
  return Secret(std::move(normalised));
}

Result<std::string> hash_password(std::string_view password) {
  if (password.size() > limits::kPasswordBytes) return weak("too_long");
  char encoded[crypto_pwhash_argon2id_STRBYTES];
  if (!sodium_is_ready() ||
      crypto_pwhash_str_alg(encoded, password.data(), password.size(), kPasses, kMemoryBytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{"out_of_memory", Retry::kLater, "no memory for a password hash"};
  }
  return std::string(encoded);
}

bool is_usable_hash(std::string_view encoded) {
  if (!is_affordable(encoded)) return false;
  const auto tail = encoded.substr(encoded.find(",p="));
  const auto salt = tail.find('$');
  const auto hash = tail.find('$', salt + 1);
  if (hash == std::string_view::npos) return false;
  const auto is_base64 = [](std::string_view text) {
    return !text.empty() &&
           text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") ==
               std::string_view::npos;
  };
  return is_base64(tail.substr(salt + 1, hash - salt - 1)) && is_base64(tail.substr(hash + 1));
}

bool verify_password(std::string_view encoded, std::string_view password) {
  if (password.size() > limits::kPasswordBytes || !is_affordable(encoded)) return false;
  const std::string terminated(encoded);
  return sodium_is_ready() && crypto_pwhash_argon2id_str_verify(terminated.c_str(), password.data(),
                                                                password.size()) == 0;
}

bool is_verifiable(std::string_view encoded) { return is_affordable(encoded); }

bool needs_rehash(std::string_view encoded) {
  const auto cost = read_cost(encoded);
  return cost && (cost->memory_kib < kMemoryKib || cost->passes < kPasses);
}

}  // namespace postern
