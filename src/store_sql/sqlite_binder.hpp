// Binds values and rows of tables to the parameters of a SQLite statement.
//
// Thread contract: as the statement.
#pragma once

#include <string_view>

#include "store_sql/columns.hpp"
#include "store_sql/sqlite_connection.hpp"

namespace postern {

class SqliteBinder : public ColumnWords<SqliteBinder> {
 public:
  explicit SqliteBinder(SqliteStatement& statement) : statement_(statement) {}

  template <class Value>
  void add(const Value& value) {
    bind(to_column(value));
  }
  template <class Field>
  void visit(std::string_view, const Field& field, ColumnRole) {
    bind(to_column(field));
  }
  bool storable() const { return storable_; }

 private:
  template <class Value>
  void bind(const Value& value) {
    storable_ = storable_ && is_storable(value);
    statement_.bind_at(++index_, value);
  }

  SqliteStatement& statement_;
  int index_ = 0;
  bool storable_ = true;
};

/// Binds ?1, ?2, … False: a text cannot be stored.
template <class... Values>
bool bind_values(SqliteStatement& statement, const Values&... values) {
  SqliteBinder binder(statement);
  (binder.add(values), ...);
  return binder.storable();
}

/// Binds the table's columns, in their order; as bind_values().
template <class Table>
bool bind_row(SqliteStatement& statement, const typename Table::Row& row) {
  SqliteBinder binder(statement);
  Table::describe(binder, row);
  return binder.storable();
}

}  // namespace postern
