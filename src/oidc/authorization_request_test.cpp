#include "oidc/authorization_request.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

FormFields fields(FormFields changes = {}) {
  FormFields all{{"response_type", "code"},
                 {"code_challenge", std::string(43, 'a')},
                 {"code_challenge_method", "S256"},
                 {"scope", "openid email"}};
  for (auto& [name, value] : changes) all[name] = value;
  return all;
}

std::string error_of(const FormFields& given) {
  AuthorizationRequest request;
  const auto read = read_authorization_request(given, request);
  return read ? "" : read.error().code;
}

TEST(AuthorizationRequest, unknown_scopes_are_ignored_and_each_stands_once) {
  EXPECT_EQ(known_scopes("openid phone email openid  email"), "openid email");
  EXPECT_EQ(known_scopes(""), "");
  EXPECT_TRUE(covers_scope("openid email", "email"));
  EXPECT_TRUE(covers_scope("openid email", ""));
  EXPECT_FALSE(covers_scope("openid email", "openid profile"));
  EXPECT_FALSE(has_scope("openid email", "mail"));
}

TEST(AuthorizationRequest, what_is_not_supported_has_the_code_of_its_standard) {
  EXPECT_EQ(error_of(fields()), "");
  EXPECT_EQ(error_of(fields({{"response_type", "code id_token"}})), "unsupported_response_type");
  EXPECT_EQ(error_of(fields({{"response_type", ""}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"response_mode", "form_post"}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"request", "x"}})), "request_not_supported");
  EXPECT_EQ(error_of(fields({{"request_uri", "x"}})), "request_uri_not_supported");
  EXPECT_EQ(error_of(fields({{"scope", "phone"}})), "invalid_scope");
  EXPECT_EQ(error_of(fields({{"prompt", "none consent"}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"prompt", "whatever"}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"prompt", "login consent"}})), "");
  EXPECT_EQ(error_of(fields({{"max_age", "1h"}})), "invalid_request");
}

TEST(AuthorizationRequest, I6_a_challenge_is_a_sha256) {
  EXPECT_EQ(error_of(fields({{"code_challenge", ""}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"code_challenge", std::string(42, 'a')}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"code_challenge", std::string(42, 'a') + "="}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"code_challenge_method", "plain"}})), "invalid_request");
  EXPECT_EQ(error_of(fields({{"code_challenge_method", "s256"}})), "invalid_request");
}

TEST(AuthorizationRequest, I4_responses_name_the_issuer) {
  AuthorizationRequest request;
  request.redirect_uri = "https://notes.example/callback?x=1";
  request.state = "a b";
  EXPECT_EQ(code_redirect(request, "https://id.example", "abc"),
            "https://notes.example/callback?x=1&code=abc&state=a%20b"
            "&iss=https%3A%2F%2Fid.example");
  EXPECT_EQ(error_redirect(request, "https://id.example", {"access_denied", Retry::kNever, {}}),
            "https://notes.example/callback?x=1&error=access_denied&state=a%20b"
            "&iss=https%3A%2F%2Fid.example");
}

}  // namespace
}  // namespace postern
