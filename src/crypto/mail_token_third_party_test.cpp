// Our tokens against another implementation (pyjwt_tokens.py), in both directions. Needs Debian's
// python3-jwt and python3-cryptography; a missing one fails the test.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "crypto/mail_token.hpp"
#include "crypto/test_keys.hpp"
#include "crypto/test_tokens.hpp"

namespace postern {
namespace {

constexpr int kTokens = 50;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class MailTokenThirdParty : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    char name[] = "/tmp/postern-third-party-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    pems_ = test::to_pems(test::make_ec_key("prime256v1"));
    write("secret.txt", test::secret_key().view());
    write("private.pem", pems_.private_pem);
    write("public.pem", pems_.public_pem);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  std::vector<std::string> run(const std::string& command) {
    const std::string line =
        "/usr/bin/python3 " POSTERN_SOURCE_DIR "/tests/third_party/pyjwt_tokens.py " + command +
        " " + GetParam() + " " + folder_.string() + " " + std::string(test::kIssuer);
    FILE* pipe = popen(line.c_str(), "r");
    std::string output;
    char buffer[4096];
    while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe))
      output.append(buffer, got);
    EXPECT_EQ(pclose(pipe), 0);
    return lines_of(output);
  }

  bool is_es256() const { return std::string_view(GetParam()) == "es256"; }
  MailTokenSigner signer() const {
    if (!is_es256()) return test::signer();
    return std::move(*MailTokenSigner::es256(pems_.private_pem, std::string(test::kIssuer)));
  }
  MailTokenVerifier verifier() const {
    if (!is_es256()) return test::verifier();
    return std::move(*MailTokenVerifier::es256(pems_.public_pem, std::string(test::kIssuer)));
  }

  std::filesystem::path folder_;
  test::PemPair pems_;
};

TEST_P(MailTokenThirdParty, T1_T3_we_accept_what_it_mints) {
  const std::vector<std::string> tokens = run("mint");
  ASSERT_EQ(tokens.size(), static_cast<std::size_t>(kTokens));
  const MailTokenVerifier checked_by = verifier();
  const TimePoint now = SystemClock().now();
  for (int i = 0; i < kTokens; ++i) {
    const auto read = checked_by.verify(MailTokenPurpose::kSetPassword, tokens[i], now);
    ASSERT_TRUE(read) << read.error().cause;
    EXPECT_EQ(read->account_id, test::kAccountId);
    EXPECT_EQ(read->token_id, "third-party-" + std::to_string(i));
    EXPECT_EQ(read->credential_version, i + 1);
    EXPECT_EQ(read->locale, "ru");
    EXPECT_EQ(read->return_to, "https://shop.example.com/\xd0\xb9?n=" + std::to_string(i));
  }
}

TEST_P(MailTokenThirdParty, T1_T3_it_accepts_what_we_mint) {
  const MailTokenSigner minted_by = signer();
  std::string tokens;
  for (int i = 0; i < kTokens; ++i) {
    MailTokenClaims claims = test::good_claims();
    claims.issued_at = SystemClock().now();
    claims.expires_at = claims.issued_at + std::chrono::minutes(60);
    claims.token_id = "ours-" + std::to_string(i);
    claims.credential_version = i + 1;
    claims.return_to = "https://shop.example.com/?q=\"" + std::to_string(i) + "\"";
    tokens += *minted_by.mint(MailTokenPurpose::kSetPassword, claims) + "\n";
  }
  write("tokens.txt", tokens);
  const std::vector<std::string> claims = run("verify");
  ASSERT_EQ(claims.size(), static_cast<std::size_t>(kTokens));
  for (int i = 0; i < kTokens; ++i) {
    std::ostringstream expected;
    expected << test::kAccountId << " ours-" << i << ' ' << i + 1
             << " 3600 https://shop.example.com/?q=\"" << i << '"';
    EXPECT_EQ(claims[i], expected.str());
  }
}

INSTANTIATE_TEST_SUITE_P(Algorithms, MailTokenThirdParty, testing::Values("hs256", "es256"),
                         [](const auto& algorithm) { return std::string(algorithm.param); });

}  // namespace
}  // namespace postern
