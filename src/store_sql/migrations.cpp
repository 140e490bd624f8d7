// The files are written in the SQL that both databases know. What differs has a word in braces:
//
//   word                  SQLite                  PostgreSQL
//   {int64}               INTEGER                 BIGINT
//   {text}                TEXT                    TEXT COLLATE "C"
//   {options}             STRICT                  (nothing)
//   {clustered_options}   STRICT, WITHOUT ROWID   (nothing)
//   {rewritten_options}   STRICT                  WITH (fillfactor = 45)
//
// Clustered are small rows that are found by their id alone: one tree instead of two. With a
// second index or large rows it is the other way round (SQLite, "Clustered Indexes").
// Rewritten are rows of which each is updated about once: the room that the pages keep lets the new
// version stand beside the old one, and no index has to learn of it (PostgreSQL, "Heap-Only
// Tuples"). "C" orders by bytes, as SQLite does: the same everywhere, faster, and no index breaks
// when the operating system's locales change.
#include "store_sql/migrations.hpp"

#include <array>
#include <charconv>
#include <span>
#include <string_view>

#include "base/embedded_file.hpp"

namespace postern {

/// Made by the build from migrations/, in the order of the names.
std::span<const EmbeddedFile> embedded_migrations();

namespace {

struct Word {
  std::string_view written;
  std::string_view sqlite;
  std::string_view postgres;
};

constexpr std::array kWords{
    Word{"{int64}", "INTEGER", "BIGINT"},
    Word{"{text}", "TEXT", "TEXT COLLATE \"C\""},
    Word{"{options}", "STRICT", ""},
    Word{"{clustered_options}", "STRICT, WITHOUT ROWID", ""},
    Word{"{rewritten_options}", "STRICT", "WITH (fillfactor = 45)"},
};

std::string translate(std::string_view sql, DatabaseUrl::Kind kind) {
  std::string translated(sql);
  for (const auto& word : kWords) {
    const auto meaning = kind == DatabaseUrl::Kind::kSqlite ? word.sqlite : word.postgres;
    for (auto at = translated.find(word.written); at != std::string::npos;
         at = translated.find(word.written, at + meaning.size())) {
      translated.replace(at, word.written.size(), meaning);
    }
  }
  return translated;
}

}  // namespace

std::vector<Migration> migrations_for(DatabaseUrl::Kind kind) {
  constexpr std::string_view kSuffix = ".sql";
  std::vector<Migration> migrations;
  for (const auto& file : embedded_migrations()) {
    if (!file.name.ends_with(kSuffix)) continue;
    Migration migration;
    migration.name = file.name.substr(0, file.name.size() - kSuffix.size());
    std::from_chars(file.name.data(), file.name.data() + file.name.size(), migration.version);
    migration.sql = translate(file.content, kind);
    migrations.push_back(std::move(migration));
  }
  return migrations;
}

}  // namespace postern
