// The SQL of a store as a table of texts, each under its id: what a table's description says is
// filled in where the text has {columns}, {insert} or {update}.
//
// Thread contract: pure functions.
// Knows no dialect: the forms of insert and update are the caller's.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "store_sql/columns.hpp"

namespace postern {

template <class Id>
struct StatementText {
  Id id;
  const char* text;
  /// The columns that the text's marks stand for.
  ColumnList (*columns)() = nullptr;
};

/// Whether the statement of each id stands at its place.
template <class Id, std::size_t size>
constexpr bool has_each_in_order(const std::array<StatementText<Id>, size>& texts,
                                 std::size_t count) {
  for (std::size_t i = 0; i < size; ++i) {
    if (static_cast<std::size_t>(texts[i].id) != i) return false;
  }
  return size == count;
}

/// The parts of "INSERT INTO account {insert}" and of "UPDATE account {update}".
struct StatementForms {
  std::string (*insert)(const ColumnList& columns);
  std::string (*update)(const ColumnList& columns);
};

std::string expanded(std::string text, const ColumnList& columns, const StatementForms& forms);

template <class Id>
std::string expanded(const StatementText<Id>& statement, const StatementForms& forms) {
  return statement.columns ? expanded(statement.text, statement.columns(), forms) : statement.text;
}

}  // namespace postern
