#include "app/version.hpp"

#include <gmock/gmock.h>

namespace postern {
namespace {

using testing::MatchesRegex;

TEST(Version, names_the_version_the_commit_and_the_libraries) {
  EXPECT_THAT(version_text(),
              MatchesRegex("postern [0-9]+\\.[0-9]+\\.[0-9]+( \\(commit [0-9a-f]+\\))?\n"
                           "OpenSSL 3\\.[0-9.]+\n"
                           "SQLite 3\\.[0-9.]+\n"
                           "libpq [0-9]+\\.[0-9]+\n"
                           "rabbitmq-c [0-9.]+[^\n]*\n"
                           "Boost 1\\.[0-9]+\\.[0-9]+\n"
                           "libsodium 1\\.[0-9.]+\n"
                           "ICU [0-9.]+\n"
                           "libcurl [0-9.]+[^\n]*"));
}

}  // namespace
}  // namespace postern
