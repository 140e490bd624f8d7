// Password hashes of other systems, from any bytes: the password up to the first line feed, then
// the encoded hash. Whatever is taken is within the caps, no password opens it by chance, and the
// strings that we write ourselves are read back whatever the password is.
#include <string>
#include <string_view>
#include <variant>

#include "base/hash_limits.hpp"
#include "crypto/hash_fields.hpp"
#include "crypto/hash_recipe.hpp"
#include "crypto/imported_hash.hpp"
#include "crypto/password.hpp"
#include "property.hpp"
#include "text/utf8.hpp"

namespace {

using namespace postern;
using namespace postern::imported_hash;

void check_sizes(const std::string& salt, const std::string& digest) {
  require(salt.size() <= limits::kImportedSaltBytes);
  require(digest.size() >= limits::kImportedDigestBytesMin &&
          digest.size() <= limits::kImportedDigestBytes);
}

/// Whether it is cheap enough to be tried here.
bool check(const Argon2Recipe& recipe) {
  check_sizes(recipe.salt, recipe.digest);
  const std::uint64_t work = std::uint64_t{recipe.memory_kib} * recipe.passes;
  require(recipe.memory_kib <= limits::kImportedMemoryKib && recipe.passes > 0);
  require(work <= limits::kImportedArgon2KibPasses);
  require(recipe.lanes > 0 && recipe.lanes <= limits::kImportedArgon2Lanes);
  return work <= 1024;
}

bool check(const ScryptRecipe& recipe) {
  check_sizes(recipe.salt, recipe.digest);
  // Without an overflow on the way.
  require(recipe.n > 1 && recipe.r > 0 && recipe.p > 0);
  require(recipe.n <= limits::kImportedScryptWork && recipe.r <= limits::kImportedScryptWork &&
          recipe.p <= limits::kImportedScryptWork);
  require(recipe.n * recipe.r <= limits::kImportedMemoryKib * 8);
  require(recipe.n * recipe.r * recipe.p <= limits::kImportedScryptWork);
  return recipe.n * recipe.r * recipe.p <= 4096;
}

bool check(const Pbkdf2Recipe& recipe) {
  check_sizes(recipe.salt, recipe.digest);
  require(recipe.rounds > 0 && recipe.rounds <= limits::kImportedPbkdf2Rounds);
  return recipe.rounds <= 1000;
}

bool check(const CryptRecipe& recipe) {
  require(recipe.setting.size() <= limits::kImportedHashBytes && recipe.setting.front() == '$');
  const std::string_view setting = recipe.setting;
  // bcrypt of the lowest cost, and sha-crypt of few rounds.
  return setting.substr(3).starts_with("$04$") || setting.substr(3).starts_with("rounds=1000$");
}

void check_fields(std::string_view text) {
  if (const auto number = decimal(text)) require(std::to_string(*number) == text);
  const auto bytes = decode_hex(text);
  require(!bytes || bytes->size() * 2 == text.size());
  const auto plain = decode_base64(text);
  require(!plain || (!plain->empty() && plain->size() <= text.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = text_of(data, size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view password = text.substr(0, end);
  const std::string_view encoded = text.substr(std::min(end + 1, text.size()));
  check_fields(encoded);
  if (const auto normal = normalise_password(password)) {
    require(is_valid_utf8(normal->view()));
    const auto again = normalise_password(normal->view());
    require(again && again->view() == normal->view());
  }
  const auto recipe = read_hash_recipe(encoded);
  require(recipe.has_value() == is_usable_hash(encoded));
  require(!recipe || (is_verifiable(encoded) && needs_rehash(encoded)) ||
          encoded.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  if (!recipe) {
    require(!imported_hash::verify(encoded, password));
  } else if (std::visit([](const auto& which) { return check(which); }, *recipe)) {
    // A digest that fits would be a chance of 2^-128.
    require(!imported_hash::verify(encoded, std::string(password) + "no such password"));
  }
  return 0;
}
