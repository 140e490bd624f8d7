// The mail token's verifier against any bytes: bare, and as header or claims under a good
// signature. What is accepted must survive being minted and read again.
#include <cstdint>

#include "crypto/jws.hpp"
#include "crypto/mail_token.hpp"
#include "property.hpp"
#include "text/base64url.hpp"
#include "text/json.hpp"

namespace {

using namespace postern;

struct Keys {
  Secret secret_key{std::string("a secret key that only the fuzzer has")};
  std::string issuer = "https://a.example";
  MailTokenSigner signer = MailTokenSigner::hs256(secret_key, issuer);
  MailTokenVerifier verifier = MailTokenVerifier::hs256(secret_key, issuer);
  JwsKey key = std::move(*JwsKey::hs256(derive_key(secret_key, "mail-token"),
                                        make_kid(derive_key(secret_key, "mail-token-kid").view())));
  std::string header = jws_header(key, "set-password+jwt");
  TimePoint now = from_unix_ms(1'800'000'000'000);
};

void check_round_trip(const Keys& keys, const MailTokenClaims& claims) {
  const std::string again = *keys.signer.mint(MailTokenPurpose::kSetPassword, claims);
  const auto read = keys.verifier.verify(MailTokenPurpose::kSetPassword, again, keys.now);
  // A later nbf is not kept, all else is.
  require(bool(read));
  require(read->account_id == claims.account_id && read->token_id == claims.token_id);
  require(read->credential_version == claims.credential_version);
  require(read->expires_at == claims.expires_at && read->locale == claims.locale);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Keys keys;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto verify = [&](std::string_view token) {
    return keys.verifier.verify(MailTokenPurpose::kSetPassword, token, keys.now);
  };
  switch (data[0] % 4) {
    case 0: {
      require(!verify(text));
      break;
    }
    case 1: {
      const auto bytes = base64url_decode(text);
      if (bytes) require(base64url_encode(*bytes) == text);
      require(base64url_decode(base64url_encode(text)) == text);
      break;
    }
    case 2: {
      const auto read = verify(*sign_jws(keys.key, keys.header, text));
      if (read) check_round_trip(keys, *read);
      break;
    }
    default: {
      (void)verify(*sign_jws(keys.key, base64url_encode(text) + '.', "{}"));
      (void)parse_flat_json(text);
      break;
    }
  }
  return 0;
}
