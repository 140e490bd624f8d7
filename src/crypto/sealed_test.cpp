#include "crypto/sealed.hpp"

#include <gtest/gtest.h>

namespace postern {
namespace {

Secret key(const char* secret = "one secret") {
  return derive_key(Secret(std::string(secret)), "test");
}

TEST(Sealed, opens_under_its_key_at_its_place_and_nowhere_else) {
  const std::string sealed = seal(key(), "place", "what is kept");
  EXPECT_EQ(sealed.find("kept"), std::string::npos);
  EXPECT_NE(sealed, seal(key(), "place", "what is kept"));
  const auto opened = open_sealed(key(), "place", sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->view(), "what is kept");
  EXPECT_EQ(open_sealed(key(), "elsewhere", sealed).error().code, "cannot_open");
  EXPECT_FALSE(open_sealed(key("another secret"), "place", sealed));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open_sealed(key(), "place", changed)) << i;
  }
  EXPECT_FALSE(open_sealed(key(), "place", ""));
  EXPECT_FALSE(open_sealed(key(), "place", "not base64url!"));
}

}  // namespace
}  // namespace postern
