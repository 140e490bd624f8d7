// Makes the column list and the reader of a table from its description (account_tables.hpp,
// mail_tables.hpp).
//
// Thread contract: pure functions.
// Knows no dialect of SQL.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "store_sql/column_value.hpp"

namespace postern {

/// The role of a column in an update.
enum class ColumnRole { kPlain, kKey, kFixed, kNullable, kRevision };

/// Gives a visitor of columns the words of a description: `Visitor::visit(name, field, role)`.
template <class Visitor>
class ColumnWords {
 public:
  template <class Field>
  void operator()(std::string_view name, Field& field) {
    visit(name, field, ColumnRole::kPlain);
  }
  template <class Field>
  void key(std::string_view name, Field& field) {
    visit(name, field, ColumnRole::kKey);
  }
  template <class Field>
  void fixed(std::string_view name, Field& field) {
    visit(name, field, ColumnRole::kFixed);
  }
  template <class Field>
  void nullable(std::string_view name, Field& field) {
    visit(name, field, ColumnRole::kNullable);
  }
  template <class Field>
  void revision(std::string_view name, Field& field) {
    visit(name, field, ColumnRole::kRevision);
  }

 private:
  template <class Field>
  void visit(std::string_view name, Field& field, ColumnRole role) {
    static_cast<Visitor*>(this)->visit(name, field, role);
  }
};

/// store_rejected: text that is not UTF-8 or holds a NUL.
Error text_refused();
/// store_unavailable: a column holds what no version of this program writes.
Error unknown_value();

struct Column {
  std::string_view name;
  bool is_number = false;
  ColumnRole role = ColumnRole::kPlain;
};

using ColumnList = std::vector<Column>;

class ColumnLister : public ColumnWords<ColumnLister> {
 public:
  template <class Field>
  void visit(std::string_view name, const Field&, ColumnRole role) {
    columns_.push_back({name, kIsNumberColumn<Field>, role});
  }
  ColumnList take() { return std::move(columns_); }

 private:
  ColumnList columns_;
};

template <class Table>
ColumnList columns_of() {
  ColumnLister lister;
  const typename Table::Row row{};
  Table::describe(lister, row);
  return lister.take();
}

/// "id, email, …"
std::string names_of(const ColumnList& columns);

/// The values of an insert; `value_of(index, column)` is one of them in a dialect of SQL.
template <class ValueOf>
std::string values_of(const ColumnList& columns, ValueOf value_of) {
  std::string values;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) values += ", ";
    values += value_of(i, columns[i]);
    if (columns[i].role == ColumnRole::kRevision) values += " + 1";
  }
  return values;
}

/// "email = <value>, …" of an update: neither keys nor fixed columns; the revision rises by one.
template <class ValueOf>
std::string assignments_of(const ColumnList& columns, ValueOf value_of) {
  std::string text;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& column = columns[i];
    if (column.role == ColumnRole::kKey || column.role == ColumnRole::kFixed) continue;
    if (!text.empty()) text += ", ";
    text += std::string(column.name) + " = " + value_of(i, column);
    if (column.role == ColumnRole::kRevision) text += " + 1";
  }
  return text;
}

/// `Source` has text(index) and integer(index).
template <class Source>
class ColumnReader : public ColumnWords<ColumnReader<Source>> {
 public:
  explicit ColumnReader(const Source& source) : source_(source) {}

  template <class Field>
  void visit(std::string_view, Field& field, ColumnRole) {
    if constexpr (kIsNumberColumn<Field>) {
      readable_ &= from_column(source_.integer(index_++), field);
    } else {
      readable_ &= from_column(source_.text(index_++), field);
    }
  }
  bool readable() const { return readable_; }

 private:
  const Source& source_;
  int index_ = 0;
  bool readable_ = true;
};

/// One row whose columns are the table's, in their order. False: a column holds something unknown.
template <class Table, class Source>
bool read_row(const Source& source, typename Table::Row& row) {
  ColumnReader<Source> reader(source);
  Table::describe(reader, row);
  return reader.readable();
}

}  // namespace postern
