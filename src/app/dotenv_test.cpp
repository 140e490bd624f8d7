#include "app/dotenv.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace postern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string refusal_of(std::string_view text) {
  try {
    static_cast<void>(parse_env_file(text));
  } catch (const SettingError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Dotenv, C2_C3_values_are_read_as_dotenv_libraries_read_them) {
  struct Case {
    const char* text;
    const char* value;
  };
  for (const auto& [text, value] : std::vector<Case>{
           {"LISTEN=\"127.0.0.1:5001\" # where", "127.0.0.1:5001"},
           {"LISTEN='starttls'   # or \"implicit\"", "starttls"},
           {"LISTEN='starttls'# or", "starttls"},
           {"\xEF\xBB\xBFLISTEN=a", "a"},
           {"\xEF\xBB\xBF# comment\nLISTEN=a", "a"},
           {"LISTEN=a # comment", "a"},
           {"LISTEN=a\t# comment", "a"},
           {"LISTEN=a#b", "a#b"},
           {"LISTEN=#b", ""},
           {"LISTEN=", ""},
           {"LISTEN", nullptr},
           {"LISTEN=''", ""},
           {"LISTEN=\"\"", ""},
           {"LISTEN = a", "a"},
           {"  LISTEN=a  ", "a"},
           {"\texport\tLISTEN=a", "a"},
           {"export LISTEN='a b'", "a b"},
           {"LISTEN: a", "a"},
           {"LISTEN:a", nullptr},
           {"LISTEN=a: b", "a: b"},
           {"LISTEN=a=b", "a=b"},
           {"LISTEN=a\r\n", "a"},
           {"LISTEN=a\rOTHER=b", "a"},
           {"LISTEN=\"a\r\nb\"\r\n", "a\nb"},
           {"LISTEN=\"a\nb\" # c\nOTHER=b", "a\nb"},
           {"LISTEN='a\n# b\nc'", "a\n# b\nc"},
           {R"(LISTEN="a\n\t\"\\\$\q")", "a\n\t\"\\$\\q"},
           {R"(LISTEN='a\n')", "a\\n"},
           {"LISTEN=a 'b' \"c\"", "a 'b' \"c\""},
           {"LISTEN=it's", "it's"},
           {"LISTEN=$HOME/${X}", "$HOME/${X}"},
           {"LISTEN=a\nLISTEN=b", "b"},
           {"LISTEN=\"a # b\"", "a # b"},
           {"LISTEN=пароль", "пароль"},
       }) {
    if (value == nullptr) {
      EXPECT_THAT(refusal_of(text), HasSubstr("LISTEN: line 1 of .env")) << text;
    } else {
      const auto file = parse_env_file(text);
      ASSERT_TRUE(file.values.contains("LISTEN")) << text;
      EXPECT_EQ(file.values.find("LISTEN")->second, value) << text;
      EXPECT_TRUE(file.skipped_lines.empty()) << text;
    }
  }
}

TEST(Dotenv, lines_of_other_programs_are_passed_over) {
  const auto file = parse_env_file(
      "[section]\n"
      "FOO=\"no end\n"
      "BAR='don't'\n"
      "just words\n"
      "COMPOSE.name-1=x\n"
      "MULTI=\"a\nb\nc\"\n"
      "1NAME=x\n"
      "LISTEN='a'\n"
      "<<<<<<< HEAD\n"
      "export ONLY\n"
      "POSTERN_PORT tcp\n");
  EXPECT_THAT(file.skipped_lines, ElementsAre(1, 2, 3, 4, 9, 11, 12, 13));
  EXPECT_EQ(file.values.find("LISTEN")->second, "a");
  EXPECT_EQ(file.values.find("MULTI")->second, "a\nb\nc");
  EXPECT_EQ(file.values.find("COMPOSE.name-1")->second, "x");
}

TEST(Dotenv, O5_a_line_of_ours_that_cannot_be_read_stops_the_start) {
  for (const char* line :
       {"SMTP_PASSWORD=\"a", "SMTP_PASSWORD='a", "SMTP_PASSWORD='a' b", "export SMTP_PASSWORD",
        "POSTERN_SMTP_PASSWORD=\"a", "SMTP_PASSWORD_FILE='a'b", "POSTERN_NONE 'a'"}) {
    EXPECT_THAT(refusal_of(std::string("\nFOO=1\n") + line), HasSubstr("line 3 of .env")) << line;
  }
  EXPECT_THAT(refusal_of("SMTP_PASSWORD='s3cret"), testing::Not(HasSubstr("s3cret")));
  EXPECT_THAT(refusal_of(std::string_view("A=1\0", 4)), HasSubstr(".env: is not UTF-8"));
  EXPECT_THAT(refusal_of("A=\xFF"), HasSubstr(".env: is not UTF-8"));
  EXPECT_THAT(refusal_of(std::string_view("\xFF\xFE"
                                          "A\0",
                                          4)),
              HasSubstr("UTF-16"));
}

class DotenvFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "dotenv-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string refusal() const {
    try {
      static_cast<void>(load_env_file(path()));
    } catch (const SettingError& error) {
      return error.what();
    }
    return "accepted";
  }
  std::string path() const { return folder_ + "/.env"; }

  std::string folder_;
};

TEST_F(DotenvFile, C4_one_that_exists_and_cannot_be_read_stops_the_start) {
  EXPECT_EQ(refusal(), "accepted");
  std::filesystem::create_directory(path());
  EXPECT_EQ(refusal(), ".env: is a folder");
  std::filesystem::remove(path());
  std::filesystem::create_symlink(folder_ + "/none", path());
  EXPECT_EQ(refusal(), ".env: is a link to a missing file");
  std::filesystem::remove(path());
  std::filesystem::create_symlink(path(), path());
  EXPECT_THAT(refusal(), testing::StartsWith(".env: cannot be read"));
  std::filesystem::remove(path());
  std::ofstream(path()) << std::string(1024 * 1024 + 1, '#');
  EXPECT_EQ(refusal(), ".env: is larger than 1048576 bytes");
  std::filesystem::remove(path());
  std::filesystem::create_symlink("/dev/null", path());
  EXPECT_EQ(refusal(), "accepted");
}

}  // namespace
}  // namespace postern
