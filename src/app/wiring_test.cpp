// Refusals at the start beyond the settings' form: the line names the setting and the remedy.
#include "app/wiring.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace postern {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

template <class Work>
std::string refusal_of(Work work) {
  try {
    work();
  } catch (const StartError& error) {
    return error.what();
  }
  return "accepted";
}

class WiringTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "wiring-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    config_.base_url = "http://localhost:5001";
    config_.database_url = "sqlite://" + folder_ + "/postern.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  Config config_;
};

TEST_F(WiringTest, O5_a_key_file_without_a_key_stops_the_start) {
  config_.mail_token_key_pem = config_.mail_token_public_key_pem = "no key";
  EXPECT_THAT(refusal_of([&] { static_cast<void>(make_signer(config_)); }),
              StartsWith("MAIL_TOKEN_KEY_FILE: "));
  EXPECT_THAT(refusal_of([&] { static_cast<void>(make_verifier(config_)); }),
              StartsWith("MAIL_TOKEN_PUBLIC_KEY_FILE: "));
}

TEST_F(WiringTest, O5_templates_that_are_not_there_stop_the_start) {
  config_.mail_templates = folder_ + "/none";
  EXPECT_THAT(refusal_of([&] { static_cast<void>(make_composer(config_)); }),
              AllOf(StartsWith("MAIL_TEMPLATES: "), HasSubstr(folder_ + "/none")));
}

TEST_F(WiringTest, O5_an_older_schema_stops_the_start_and_names_the_command) {
  const auto open = [&](bool migrate_first) {
    return refusal_of([&] { static_cast<void>(make_store(config_, migrate_first)); });
  };
  std::ofstream(folder_ + "/postern.db").close();
  EXPECT_EQ(open(false),
            "DATABASE_URL: the schema is older than this program; run `postern migrate`");
  EXPECT_EQ(open(true), "accepted");
  EXPECT_EQ(open(false), "accepted");
}

TEST_F(WiringTest, O5_a_database_that_is_none_stops_the_start) {
  std::ofstream(folder_ + "/postern.db") << std::string(8192, 'x');
  EXPECT_THAT(refusal_of([&] { static_cast<void>(make_store(config_, true)); }),
              StartsWith("DATABASE_URL: "));
}

TEST_F(WiringTest, O5_a_command_makes_no_database) {
  EXPECT_EQ(missing_database(config_),
            "DATABASE_URL: there is no such file; `postern migrate` creates one");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/postern.db"));
}

}  // namespace
}  // namespace postern
