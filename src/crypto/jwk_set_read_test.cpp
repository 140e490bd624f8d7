// Which sets are read, and which of their keys. What a set verifies is in jwk_set_test.cpp.
#include "crypto/jwk_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/oidc_limits.hpp"
#include "crypto/test_jwk_set.hpp"

namespace postern {
namespace {

using testing::HasSubstr;

// A JWK with another value for one member.
std::string ec_with(const std::string& x, const std::string& y) {
  return R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + y + "\"}";
}
std::string rsa_with(const std::string& n, const std::string& e) {
  return R"({"kty":"RSA","n":")" + n + R"(","e":")" + e + "\"}";
}

void expect_refused(const std::string& json, const char* text) {
  const auto set = JwkSet::read(json);
  ASSERT_FALSE(set) << json;
  EXPECT_EQ(set.error().code, "invalid_jwks");
  EXPECT_EQ(set.error().retry, Retry::kNever);
  EXPECT_THAT(set.error().text, HasSubstr(text)) << json;
}

TEST(JwkSetRead, refuses_what_is_no_set) {
  const std::string ec = test::ec_jwk(test::ec_key());
  const std::pair<std::string, const char*> refused[] = {
      {"", "JSON"},
      {"[]", "JSON"},
      {ec, "no list"},
      {"{}", "no list"},
      {R"({"keys":{}})", "no list"},
      {R"({"keys":null})", "no list"},
      {R"({"keys":[]})", "No key"},
      {R"({"keys":[1]})", "not an object"},
      {"{\"keys\":[" + ec + "," + ec + "],\"keys\":[]}", "JSON"},
      {test::jwk_set({"{\"kty\":\"EC\"," + ec.substr(1)}), "JSON"},
      {test::jwk_set({"{}"}), "kty"},
      {test::jwk_set({R"({"kty":1})"}), "kty"},
      {test::jwk_set({ec, ec, ec, ec, ec, ec, ec, ec, ec}), "8 keys"},
      {test::jwk_set({ec}) + std::string(limits::kJwkSetBytes, ' '), "16 KiB"},
      {test::jwk_set({test::ec_jwk(test::ec_key(), R"(,"kid":"")")}), "kid"},
      {test::jwk_set({test::ec_jwk(test::ec_key(), R"(,"kid":1)")}), "kid"},
      {test::jwk_set({test::ec_jwk(test::ec_key(), R"(,"kid":")" + std::string(257, 'k') + '"')}),
       "kid"},
      {test::jwk_set({test::ec_jwk(test::ec_key(), R"(,"kid":"k")"),
                      test::rsa_jwk(test::rsa_key(), R"(,"kid":"k")")}),
       "twice"},
      {test::jwk_set({test::ec_jwk(test::ec_key(), R"(,"kid":"k")"), R"({"kty":"OKP","kid":"k"})"}),
       "twice"},
  };
  for (const auto& [json, text] : refused) expect_refused(json, text);
}

TEST(JwkSetRead, refuses_private_and_symmetric_keys) {
  const std::string good = test::ec_jwk(test::ec_key());
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    const std::string more = ",\"" + std::string(name) + "\":\"AQAB\"";
    expect_refused(test::jwk_set({good, test::ec_jwk(test::ec_key(), more)}), "private");
    expect_refused(test::jwk_set({good, test::rsa_jwk(test::rsa_key(), more)}), "private");
    // Also in a key that would be left out.
    expect_refused(test::jwk_set({good, R"({"kty":"OKP","crv":"Ed25519","x":"AA")" + more + '}'}),
                   "private");
    expect_refused(test::jwk_set({good, test::ec_jwk(test::ec_key(), R"(,"use":"enc")" + more)}),
                   "private");
  }
  expect_refused(test::jwk_set({good, R"({"kty":"oct"})"}), "symmetric");
}

TEST(JwkSetRead, refuses_an_alg_that_does_not_fit_the_key) {
  const std::string good = test::ec_jwk(test::ec_key());
  for (const char* alg : {"\"none\"", "\"HS256\"", "\"HS512\"", "\"RS256\"", "\"PS256\"",
                          "\"ES384\"", "\"RSA-OAEP\"", "\"\"", "1", "null"}) {
    expect_refused(
        test::jwk_set({good, test::ec_jwk(test::ec_key(), ",\"alg\":" + std::string(alg))}), "alg");
  }
  for (const char* alg :
       {"\"none\"", "\"HS256\"", "\"ES256\"", "\"ECDH-ES\"", "\"EdDSA\"", "\"\"", "1", "null"}) {
    expect_refused(
        test::jwk_set({good, test::rsa_jwk(test::rsa_key(), ",\"alg\":" + std::string(alg))}),
        "alg");
  }
  // Also in a key that would be left out.
  for (const char* alg : {"none", "HS256"}) {
    const std::string more = R"(,"alg":")" + std::string(alg) + '"';
    expect_refused(test::jwk_set({good, R"({"kty":"OKP")" + more + '}'}), "alg");
    expect_refused(test::jwk_set({good, test::rsa_jwk(test::rsa_key(), R"(,"use":"enc")" + more)}),
                   "alg");
  }
}

TEST(JwkSetRead, reads_coordinates_without_their_leading_zeros) {
  // The multiples 379 and 43 of the base point: x of the one and y of the other have 31 bytes.
  const std::pair<std::string, std::string> keys[] = {
      {"VUOJSvPQDtfXQKvb11yWsGh3t4fbX3Dup4uQqNfACg", "u0yFo9jqKe-q-iRAaRLdhNWxTcMr9lbvbGvVil2UP5I"},
      {"mGriUG8f8QTQQjCGHY9LSY9LxMbQCbMPdUTcEpuC0o0", "PMzApkYOCuMopNl9PHth2G_GKJwYnyUlEQxEG7B-lw"},
  };
  for (const auto& [x, y] : keys) {
    const auto set = JwkSet::read(test::jwk_set({ec_with(x, y)}));
    EXPECT_TRUE(set) << set.error().cause;
  }
}

TEST(JwkSetRead, refuses_damaged_keys) {
  const std::string x = test::number_of(test::ec_key(), OSSL_PKEY_PARAM_EC_PUB_X, 32);
  const std::string y = test::number_of(test::ec_key(), OSSL_PKEY_PARAM_EC_PUB_Y, 32);
  const std::string zero = base64url_encode(std::string(32, '\0'));
  const std::pair<std::string, const char*> refused[] = {
      {ec_with("", ""), "32 bytes"},
      {ec_with(x, ""), "32 bytes"},
      {ec_with(x + "=", y), "32 bytes"},
      {ec_with(base64url_encode(std::string(31, '\x01')), y), "not a point"},
      {ec_with(base64url_encode(std::string(33, '\x01')), y), "32 bytes"},
      {ec_with(x, base64url_encode(std::string(31, '\x01'))), "not a point"},
      {ec_with(x, base64url_encode(std::string(33, '\x01'))), "32 bytes"},
      {R"({"kty":"EC","crv":"P-256"})", "32 bytes"},
      {ec_with(y, x), "not a point"},
      {ec_with(zero, zero), "not a point"},
      {ec_with(x, zero), "not a point"},
      {ec_with(x, base64url_encode(std::string(32, '\xff'))), "not a point"},
  };
  for (const auto& [jwk, text] : refused) expect_refused(test::jwk_set({jwk}), text);
}

TEST(JwkSetRead, refuses_rsa_keys_of_other_sizes) {
  const auto modulus = [](std::size_t bytes, char first, char last) {
    std::string n(bytes, '\x55');
    n.front() = first;
    n.back() = last;
    return base64url_encode(n);
  };
  const std::string good = modulus(256, '\x80', '\x01');
  const std::pair<std::string, const char*> refused[] = {
      {rsa_with("", "AQAB"), "bits"},
      {rsa_with("AQ+/", "AQAB"), "base64url"},
      {rsa_with(good, "AQ=="), "base64url"},
      {R"({"kty":"RSA","e":"AQAB"})", "base64url"},
      {R"({"kty":"RSA","n":"AQAB"})", "base64url"},
      {rsa_with(modulus(128, '\xff', '\x01'), "AQAB"), "bits"},
      {rsa_with(modulus(256, '\x7f', '\x01'), "AQAB"), "bits"},
      {rsa_with(modulus(513, '\x01', '\x01'), "AQAB"), "bits"},
      {rsa_with(modulus(1024, '\xff', '\x01'), "AQAB"), "bits"},
      // Zeros in front do not make a key longer.
      {rsa_with(modulus(256, '\0', '\x01'), "AQAB"), "bits"},
      {rsa_with(modulus(256, '\x80', '\x02'), "AQAB"), "even"},
      {rsa_with(good, ""), "even"},
      {rsa_with(good, "AA"), "even"},
      {rsa_with(good, "AQ"), "range"},
      {rsa_with(good, "Aw"), "range"},
      {rsa_with(good, base64url_encode(std::string("\x01\x00\x00", 3))), "even"},
      {rsa_with(good, base64url_encode(std::string(9, '\x01'))), "range"},
  };
  for (const auto& [jwk, text] : refused) expect_refused(test::jwk_set({jwk}), text);
  EXPECT_TRUE(JwkSet::read(test::jwk_set({rsa_with(good, "AQAB")})));
  EXPECT_TRUE(JwkSet::read(test::jwk_set({rsa_with(modulus(512, '\xff', '\x01'), "AQAB")})));
}

// Products publish one set for all their purposes.
TEST(JwkSetRead, leaves_out_keys_of_other_kinds) {
  const std::string left_out[] = {
      test::ec_jwk(test::make_ec_key("secp384r1"), R"(,"alg":"ES384")", "P-384", 48),
      test::ec_jwk(test::make_ec_key("secp256k1"), "", "secp256k1"),
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
      R"({"kty":"LWE"})",
      R"({"kty":"EC"})",
      test::rsa_jwk(test::rsa_key(), R"(,"use":"enc")"),
      test::rsa_jwk(test::rsa_key(), R"(,"use":1)"),
      test::rsa_jwk(test::rsa_key(), R"(,"key_ops":["encrypt"])"),
      test::rsa_jwk(test::rsa_key(), R"(,"key_ops":"verify")"),
      test::rsa_jwk(test::rsa_key(), R"(,"alg":"RSA-OAEP-256")"),
      test::rsa_jwk(test::rsa_key(), R"(,"alg":"RS512")"),
      test::ec_jwk(test::ec_key(), R"(,"alg":"ECDH-ES+A128KW")"),
  };
  const test::KeyPtr signer = test::make_ec_key("prime256v1");
  for (const std::string& jwk : left_out) {
    expect_refused(test::jwk_set({jwk}), "No key");
    const JwkSet set = test::read_set(test::jwk_set({jwk, test::ec_jwk(signer)}));
    EXPECT_EQ(test::verdict(set, test::sign_token(signer, "ES256", test::jws_header_json("ES256"),
                                                  test::kAssertionPayload)),
              "valid");
    EXPECT_NE(test::verdict(set, test::assertion("RS256")), "valid") << jwk;
    EXPECT_NE(test::verdict(set, test::assertion("ES256")), "valid") << jwk;
  }
}

TEST(JwkSetRead, accepts_what_products_publish) {
  const std::string more =
      R"(,"kid":"k","use":"sig","key_ops":["verify"],"x5t":"AA","x5c":["MII="],"exp":1)";
  const JwkSet set =
      test::read_set(test::jwk_set({test::ec_jwk(test::ec_key(), more + R"(,"alg":"ES256")")}));
  EXPECT_EQ(test::verdict(set, test::assertion("ES256", R"(,"kid":"k")")), "valid");
  const test::KeyPtr large = test::make_rsa_key(4096);
  const JwkSet large_set = test::read_set(test::jwk_set({test::rsa_jwk(large)}));
  for (const char* algorithm : {"RS256", "PS256"}) {
    EXPECT_EQ(test::verdict(large_set,
                            test::sign_token(large, algorithm, test::jws_header_json(algorithm),
                                             test::kAssertionPayload)),
              "valid");
  }
}

// RFC 7515, A.2 and A.3.
TEST(JwkSetRead, accepts_the_vectors_of_rfc_7515) {
  const std::string payload =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ";
  const JwkSet ec =
      test::read_set(test::jwk_set({ec_with("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")}));
  EXPECT_EQ(test::verdict(
                ec, "eyJhbGciOiJFUzI1NiJ9." + payload +
                        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfK"
                        "TUJqPP3-Kg6NU1Q"),
            "valid");
  const JwkSet rsa = test::read_set(test::jwk_set({rsa_with(
      "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1"
      "Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kp"
      "aSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"
      "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpo"
      "Q",
      "AQAB")}));
  EXPECT_EQ(
      test::verdict(rsa, "eyJhbGciOiJSUzI1NiJ9." + payload +
                             ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh"
                             "7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX"
                             "4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7"
                             "K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPq"
                             "vhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVr"
                             "Bp0igcN_IoypGlUPQGe77Rw"),
      "valid");
}

}  // namespace
}  // namespace postern
