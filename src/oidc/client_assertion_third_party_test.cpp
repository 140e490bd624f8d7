// Assertions of another implementation (pyjwt_assertions.py). Needs Debian's python3-jwt and
// python3-cryptography; a missing one fails the test.
#include <gtest/gtest.h>
#include <stdio.h>

#include <set>
#include <sstream>

#include "oidc/client_assertion.hpp"

namespace postern {
namespace {

constexpr std::string_view kIssuer = "https://accounts.example.com";
/// Three algorithms, with and without a key id, three forms of the audience.
constexpr std::size_t kAssertions = 3 * 2 * 3;

std::string run(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, got);
  EXPECT_EQ(pclose(pipe), 0);
  return output;
}

TEST(ClientAssertionThirdParty, assertions_of_pyjwt_are_valid) {
  std::istringstream output(run("/usr/bin/python3 " POSTERN_SOURCE_DIR
                                "/tests/third_party/pyjwt_assertions.py " +
                                std::string(kIssuer) + " notes"));
  Client client{.id = "notes", .name = "Acme Notes"};
  client.authentication = ClientAuthentication::kPrivateKeyJwt;
  ASSERT_TRUE(std::getline(output, client.jwks));
  std::set<std::string> keys;
  for (std::string assertion; std::getline(output, assertion);) {
    EXPECT_EQ(claimed_client(assertion), "notes");
    const auto used = check_client_assertion(&client, assertion, {kIssuer, SystemClock().now()});
    ASSERT_TRUE(used) << used.error().cause;
    keys.insert(used->key);
    // The last byte but one of the signature: the last one may hold bits that must be zero.
    char& changed = assertion[assertion.size() - 2];
    changed = changed == 'A' ? 'B' : 'A';
    EXPECT_FALSE(check_client_assertion(&client, assertion, {kIssuer, SystemClock().now()}));
  }
  EXPECT_EQ(keys.size(), kAssertions);
}

}  // namespace
}  // namespace postern
