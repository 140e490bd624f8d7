// Whole sessions over HTTP, chosen by the input's bytes (session_play.hpp).
#include <algorithm>
#include <cstring>
#include <string>

#include "property.hpp"
#include "session_play.hpp"

// Argon2 takes longer than all else that a session does: in this program, it is a plain text.
extern "C" int crypto_pwhash_str_alg(char* out, const char* password, unsigned long long size,
                                     unsigned long long, std::size_t, int) {
  std::string encoded = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$";
  encoded.append(password, std::min<std::size_t>(size, 60));
  std::memset(out, 0, 128);
  std::memcpy(out, encoded.data(), encoded.size());
  return 0;
}

extern "C" int crypto_pwhash_argon2id_str_verify(const char* encoded, const char* password,
                                                 unsigned long long size) {
  char own[128];
  crypto_pwhash_str_alg(own, password, size, 0, 0, 0);
  return std::strcmp(encoded, own) == 0 ? 0 : -1;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static postern::fuzz::Play play;
  play.run(postern::text_of(data, size));
  return 0;
}
