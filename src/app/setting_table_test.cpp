#include "app/setting_table.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "app/data_folder.hpp"

namespace postern {
namespace {

/// A setting of `.env.example`: its value there, and the comment above it.
struct Example {
  std::string value;
  std::string comment;
};

std::multimap<std::string, Example> read_examples() {
  std::ifstream file(POSTERN_SOURCE_DIR "/.env.example");
  std::multimap<std::string, Example> examples;
  std::string comment;
  for (std::string line; std::getline(file, line);) {
    const auto bare = line.starts_with('#') ? line.substr(1) : line;
    const auto equals = bare.find('=');
    const auto name = bare.substr(0, equals);
    const bool is_setting =
        equals != std::string::npos &&
        name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string::npos;
    if (is_setting) examples.emplace(name, Example{bare.substr(equals + 1), comment});
    if (line.empty()) comment.clear();
    if (!is_setting) comment += line + '\n';
  }
  return examples;
}

TEST(SettingTable, env_example_has_each_setting_once_with_its_default) {
  const auto examples = read_examples();
  std::set<std::string_view> names;
  for (const auto& row : setting_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " has two rows";
    const std::string name(row.name);
    ASSERT_EQ(examples.count(name), 1U) << name;
    const auto& example = examples.find(name)->second;
    if (!row.fallback.empty()) {
      EXPECT_EQ(example.value, row.fallback) << name;
    }
    if (row.secret) {
      EXPECT_NE(example.comment.find(name + "_FILE"), std::string::npos)
          << name << ": .env.example does not say that it may come from a file";
    }
  }
  for (const auto& [name, example] : examples) EXPECT_TRUE(find_setting(name)) << name;
}

TEST(SettingTable, database_default_lies_in_the_data_folder) {
  EXPECT_EQ(find_setting("DATABASE_URL")->fallback, default_database_url());
  EXPECT_EQ(find_setting("NO_SUCH_SETTING"), nullptr);
}

}  // namespace
}  // namespace postern
