// The files are written in the SQL that both databases know. What differs has a word in braces:
//
//   word                  SQLite                  PostgreSQL
//   {int64}               INTEGER                 BIGINT
//   {text}                TEXT                    TEXT COLLATE "C"
//   {options}             STRICT                  (nothing)
//   {clustered_options}   STRICT, WITHOUT ROWID   (nothing)
//   {rewritten_options}   STRICT                  WITH (fillfactor = 45)
//   {large_options}       STRICT                  WITH (toast_tuple_target = 8160)
//   {is_id}               whether the column id is of the form of is_id() (base/ids.hpp)
//   {new_id}              such an id, of the time of the column created_at
//
// Clustered are small rows that are found by their id alone: one tree instead of two. With a
// second index or large rows it is the other way round (SQLite, "Clustered Indexes").
// Rewritten are rows of which each is updated about once: the room that the pages keep lets the new
// version stand beside the old one, and no index has to learn of it (PostgreSQL, "Heap-Only
// Tuples"). Large are rows of some kilobytes that live for milliseconds: neither compressed nor
// moved out of their page (PostgreSQL, "TOAST"). "C" orders by bytes, as SQLite does: the same
// everywhere, faster, and no index breaks when the operating system's locales change.
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

constexpr std::string_view kSqliteIsId =
    "length(id) = 36 AND id NOT GLOB '*[^0-9a-f-]*' AND length(replace(id, '-', '')) = 32"
    " AND substr(id, 9, 1) || substr(id, 14, 1) || substr(id, 19, 1) || substr(id, 24, 1)"
    " = '----'";
constexpr std::string_view kPostgresIsId = "id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'";

constexpr std::string_view kSqliteNewId =
    "substr(printf('%012x', max(created_at, 0)), 1, 8) || '-' ||"
    " substr(printf('%012x', max(created_at, 0)), 9, 4) || '-7' ||"
    " substr(lower(hex(randomblob(2))), 2) || '-a' || substr(lower(hex(randomblob(2))), 2) ||"
    " '-' || lower(hex(randomblob(6)))";
constexpr std::string_view kPostgresNewId =
    "substr(lpad(to_hex(greatest(created_at, 0)), 12, '0'), 1, 8) || '-' ||"
    " substr(lpad(to_hex(greatest(created_at, 0)), 12, '0'), 9, 4) || '-7' ||"
    " substr(gen_random_uuid()::text, 16)";

constexpr std::array kWords{
    Word{"{int64}", "INTEGER", "BIGINT"},
    Word{"{text}", "TEXT", "TEXT COLLATE \"C\""},
    Word{"{options}", "STRICT", ""},
    Word{"{clustered_options}", "STRICT, WITHOUT ROWID", ""},
    Word{"{rewritten_options}", "STRICT", "WITH (fillfactor = 45)"},
    Word{"{large_options}", "STRICT", "WITH (toast_tuple_target = 8160)"},
    Word{"{is_id}", kSqliteIsId, kPostgresIsId},
    Word{"{new_id}", kSqliteNewId, kPostgresNewId},
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
