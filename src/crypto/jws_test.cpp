#include "crypto/jws.hpp"

#include <gtest/gtest.h>

#include "crypto/test_keys.hpp"
#include "text/base64url.hpp"

namespace postern {
namespace {

std::string decoded(std::string_view text) { return base64url_decode(text).value(); }

std::string p256_pem(std::string_view x, std::string_view y) {
  // SubjectPublicKeyInfo of id-ecPublicKey on prime256v1, up to the point (RFC 5480).
  static constexpr unsigned char kPrefix[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                              0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                              0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
  std::string der(reinterpret_cast<const char*>(kPrefix), sizeof kPrefix);
  der.append(x).append(y);
  std::string base64(128, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                     reinterpret_cast<const unsigned char*>(der.data()),
                                     static_cast<int>(der.size()));
  base64.resize(static_cast<std::size_t>(length));
  return "-----BEGIN PUBLIC KEY-----\n" + base64.substr(0, 64) + "\n" + base64.substr(64) +
         "\n-----END PUBLIC KEY-----\n";
}

constexpr std::string_view kRfcPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

TEST(JwsKey, T1_hs256_gives_the_vector_of_rfc_7515_A1) {
  const std::string input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(kRfcPayload);
  const auto key = JwsKey::hs256(
      Secret(decoded("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAz"
                     "Zr1Z9CAow")),
      "kid");
  ASSERT_TRUE(key);
  const std::string signature = decoded("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_EQ(key->sign(input), signature);
  EXPECT_TRUE(key->verify(input, signature));
  EXPECT_FALSE(key->verify(input + "x", signature));
  EXPECT_FALSE(key->verify(input, signature.substr(0, 31)));
  EXPECT_FALSE(key->verify(input, signature + "x"));
  EXPECT_FALSE(key->verify(input, ""));
}

TEST(JwsKey, T1_es256_accepts_the_vector_of_rfc_7515_A3) {
  const std::string input = "eyJhbGciOiJFUzI1NiJ9." + std::string(kRfcPayload);
  const auto key =
      JwsKey::es256_public(p256_pem(decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                                    decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")));
  ASSERT_TRUE(key) << key.error().cause;
  const std::string signature = decoded(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_TRUE(key->verify(input, signature));
  EXPECT_FALSE(key->verify(input + "x", signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    std::string changed = signature;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key->verify(input, changed)) << i;
  }
}

TEST(JwsKey, T1_es256_signs_what_its_public_half_accepts) {
  const test::PemPair pems = test::to_pems(test::make_ec_key("prime256v1"));
  const auto signer = JwsKey::es256_private(pems.private_pem);
  const auto verifier = JwsKey::es256_public(pems.public_pem);
  ASSERT_TRUE(signer && verifier);
  EXPECT_EQ(signer->kid(), verifier->kid());
  EXPECT_EQ(signer->kid().size(), 8U);
  // Often enough that some r or s begins with a zero byte and DER is shorter than usual.
  for (int i = 0; i < 600; ++i) {
    const std::string input = "input " + std::to_string(i);
    const std::string signature = signer->sign(input);
    ASSERT_EQ(signature.size(), 64U);
    ASSERT_TRUE(verifier->verify(input, signature));
  }
  EXPECT_THROW((void)verifier->sign("input"), std::runtime_error);
}

// CVE-2022-21449: r = s = 0 fits everything where it is not checked; n and n + 1 are as bad.
TEST(JwsKey, T1_es256_refuses_degenerate_signatures) {
  const auto key = JwsKey::es256_public(test::to_pems(test::make_ec_key("prime256v1")).public_pem);
  ASSERT_TRUE(key);
  const std::string zero(32, '\0'), one = std::string(31, '\0') + '\x01', ones(32, '\xff');
  for (const std::string& r : {zero, one, ones}) {
    for (const std::string& s : {zero, one, ones}) EXPECT_FALSE(key->verify("input", r + s));
  }
  EXPECT_FALSE(key->verify("input", ""));
  EXPECT_FALSE(key->verify("input", std::string(63, '\x01')));
  EXPECT_FALSE(key->verify("input", std::string(65, '\x01')));
}

TEST(JwsKey, T1_es256_takes_keys_on_the_named_p256_only) {
  const auto rsa = test::owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}));
  const auto ed25519 = test::owned(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  const auto explicit_curve = test::make_ec_key("prime256v1");
  ASSERT_EQ(
      EVP_PKEY_set_utf8_string_param(explicit_curve.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit"),
      1);
  const test::KeyPtr refused[] = {test::make_ec_key("secp384r1"),
                                  test::make_ec_key("secp521r1"),
                                  test::make_ec_key("secp256k1"),
                                  rsa,
                                  ed25519,
                                  explicit_curve};
  for (const test::KeyPtr& key : refused) {
    const test::PemPair pems = test::to_pems(key);
    const auto from_private = JwsKey::es256_private(pems.private_pem);
    const auto from_public = JwsKey::es256_public(pems.public_pem);
    ASSERT_FALSE(from_private);
    ASSERT_FALSE(from_public);
    EXPECT_EQ(from_private.error().code, "invalid_key");
    EXPECT_EQ(from_public.error().code, "invalid_key");
  }
}

TEST(JwsKey, T1_es256_takes_each_half_only_in_its_place) {
  const test::KeyPtr key = test::make_ec_key("prime256v1");
  const test::PemPair pems = test::to_pems(key);
  EXPECT_FALSE(JwsKey::es256_public(pems.private_pem));
  EXPECT_FALSE(JwsKey::es256_private(pems.public_pem));
  // An encrypted one must neither ask for its pass phrase nor load.
  EXPECT_FALSE(JwsKey::es256_private(test::to_private_pem(key, "pass phrase")));
  for (const std::string& text : {std::string(), std::string("key"), std::string(100'000, 'x'),
                                  pems.public_pem.substr(0, 100), std::string("\0", 1)}) {
    EXPECT_FALSE(JwsKey::es256_public(text));
    EXPECT_FALSE(JwsKey::es256_private(text));
  }
}

TEST(JwsKey, T1_es256_refuses_a_point_off_the_curve) {
  EXPECT_FALSE(JwsKey::es256_public(p256_pem(std::string(32, '\x01'), std::string(32, '\x02'))));
}

// One key, two encodings: the point may be compressed.
TEST(JwsKey, O2_the_kid_is_of_the_key_and_not_of_its_encoding) {
  const test::KeyPtr key = test::make_ec_key("prime256v1");
  const auto plain = JwsKey::es256_public(test::to_public_pem(key));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                           "compressed"),
            1);
  const auto compressed = JwsKey::es256_public(test::to_public_pem(key));
  ASSERT_TRUE(plain && compressed);
  EXPECT_EQ(plain->kid(), compressed->kid());
}

TEST(JwsKey, T1_hs256_refuses_short_keys_and_public_keys) {
  const std::string pem = test::to_pems(test::make_ec_key("prime256v1")).public_pem;
  for (const std::string& key : {std::string(), std::string("secret"), std::string(31, 'k'), pem}) {
    const auto result = JwsKey::hs256(Secret(key), "kid");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "invalid_key");
  }
  EXPECT_TRUE(JwsKey::hs256(Secret(std::string(32, 'k')), "kid"));
}

TEST(VerifyJws, O2_takes_the_key_that_the_kid_names) {
  std::vector<JwsKey> keys;
  for (const char* kid : {"old", "new"}) {
    auto key = JwsKey::hs256(derive_key(Secret(std::string("secret")), kid), kid);
    ASSERT_TRUE(key);
    keys.push_back(std::move(*key));
  }
  const std::string token = *sign_jws(keys[0], jws_header(keys[0], "t+jwt"), "{}");
  EXPECT_EQ(*verify_jws(keys, "t+jwt", token), "{}");
  const auto without_old = verify_jws(std::span(keys).subspan(1), "t+jwt", token);
  ASSERT_FALSE(without_old);
  EXPECT_EQ(without_old.error().code, "invalid_token");
  EXPECT_EQ(without_old.error().retry, Retry::kNever);
  EXPECT_FALSE(verify_jws({}, "t+jwt", token));
  // The right name on the wrong key's signature.
  EXPECT_FALSE(verify_jws(keys, "t+jwt", *sign_jws(keys[0], jws_header(keys[1], "t+jwt"), "{}")));
}

}  // namespace
}  // namespace postern
