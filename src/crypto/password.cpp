#include "crypto/password.hpp"

#include <openssl/crypto.h>
#include <sodium.h>
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

#include <array>
#include <optional>

#include "base/limits.hpp"
#include "crypto/hash_fields.hpp"
#include "crypto/imported_hash.hpp"
#include "text/utf8.hpp"

namespace postern {

namespace {

constexpr unsigned long long kPasses = 2;
constexpr std::size_t kMemoryBytes = 19 * 1024 * 1024;
constexpr std::size_t kMemoryKib = kMemoryBytes / 1024;
/// Up to so many times our own parameters a hash is verified as one of ours, in the memory that the
/// pool's threads keep; above it, as an imported one.
constexpr unsigned kCostCap = 2;

Error weak(std::string reason) {
  return {.code = "weak_password", .retry = Retry::kNever, .reason = std::move(reason)};
}

/// Picks the fast implementations for this processor; the first caller waits for it.
bool sodium_is_ready() {
  static const bool ready = sodium_init() >= 0;
  return ready;
}

struct Cost {
  std::uint64_t memory_kib = 0;
  std::uint64_t passes = 0;
  std::uint64_t lanes = 0;
};

/// Nothing when this is no string that we could have written.
std::optional<Cost> read_cost(std::string_view encoded) {
  if (encoded.size() >= crypto_pwhash_argon2id_STRBYTES) return std::nullopt;
  if (encoded.find('\0') != std::string_view::npos) return std::nullopt;
  if (!skip_literal(encoded, "$argon2id$v=19$m=")) return std::nullopt;
  const auto memory_kib = skip_decimal(encoded);
  if (!skip_literal(encoded, ",t=")) return std::nullopt;
  const auto passes = skip_decimal(encoded);
  if (!skip_literal(encoded, ",p=")) return std::nullopt;
  const auto lanes = skip_decimal(encoded);
  if (!skip_literal(encoded, "$") || !memory_kib || !passes || !lanes) return std::nullopt;
  return Cost{*memory_kib, *passes, *lanes};
}

/// Whether it is one of our own kind, at about our own cost.
bool is_own(std::string_view encoded) {
  const auto cost = read_cost(encoded);
  return cost && cost->memory_kib <= kCostCap * kMemoryKib && cost->passes <= kCostCap * kPasses &&
         cost->lanes == 1;
}

/// The library's, which all threads share.
struct Nfkc {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* normaliser = icu::Normalizer2::getNFKCInstance(error);
};

}  // namespace

Result<Secret> normalise_password(std::string_view password) {
  if (password.size() > limits::kPasswordBytes) return weak("too_long");
  if (!is_valid_utf8(password)) return weak("not_text");
  static const Nfkc nfkc;
  UErrorCode error = nfkc.error;
  // A fixed buffer: a growing string would leave copies behind in freed memory.
  std::array<char, limits::kPasswordBytes> buffer;
  icu::CheckedArrayByteSink sink(buffer.data(), static_cast<int>(buffer.size()));
  const icu::StringPiece text(password.data(), static_cast<int>(password.size()));
  if (U_SUCCESS(error)) nfkc.normaliser->normalizeUTF8(0, text, sink, nullptr, error);
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

bool is_usable_hash(std::string_view encoded) { return imported_hash::is_usable(encoded); }

bool verify_password(std::string_view encoded, std::string_view password) {
  if (password.size() > limits::kPasswordBytes) return false;
  if (!is_own(encoded)) return imported_hash::verify(encoded, password);
  const std::string terminated(encoded);
  // The library takes no null pointer, not even for no bytes.
  const char* const bytes = password.empty() ? "" : password.data();
  return sodium_is_ready() &&
         crypto_pwhash_argon2id_str_verify(terminated.c_str(), bytes, password.size()) == 0;
}

bool is_verifiable(std::string_view encoded) {
  return is_own(encoded) || imported_hash::is_usable(encoded);
}

bool needs_rehash(std::string_view encoded) {
  const auto cost = read_cost(encoded);
  return !cost || cost->memory_kib != kMemoryKib || cost->passes != kPasses || cost->lanes != 1;
}

}  // namespace postern
