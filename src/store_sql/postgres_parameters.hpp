// The parameters of one PostgreSQL statement in binary form: scalars, and arrays that carry a
// whole batch. Nothing is quoted or escaped, so nothing can be quoted wrongly.
//
// Thread contract: plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "store_sql/columns.hpp"

namespace postern {

/// A one-dimensional array as the server's array_recv reads it: dimension count, "has nulls",
/// element type, length, lower bound, then each element with its length; all big-endian.
class PostgresArray {
 public:
  static PostgresArray of_text(std::size_t size);
  static PostgresArray of_bigint(std::size_t size);

  void add(std::string_view text);
  void add(std::int64_t number);

  std::string take() && { return std::move(bytes_); }

 private:
  PostgresArray(std::uint32_t element_type, std::size_t size);

  std::string bytes_;
};

class PostgresParameters {
 public:
  /// Scalars: text, or bigint.
  template <class... Values>
  static PostgresParameters of(const Values&... values) {
    PostgresParameters parameters;
    (parameters.add(to_column(values)), ...);
    return parameters;
  }

  /// One more scalar.
  template <class Value>
  PostgresParameters& scalar(const Value& value) {
    add(to_column(value));
    return *this;
  }

  /// One array with get(row) for every row; `get` may be a member's address.
  template <class Rows, class Get = std::identity>
  PostgresParameters& array(const Rows& rows, Get get = {}) {
    using Field = std::decay_t<decltype(std::invoke(get, *rows.begin()))>;
    auto array = array_of<Field>(rows.size());
    for (const auto& row : rows) add(array, to_column(std::invoke(get, row)));
    values_.push_back(std::move(array).take());
    return *this;
  }

  /// An array for each of the table's columns.
  template <class Table, class Rows>
  PostgresParameters& table(const Rows& rows) {
    TableArrays arrays(*this, rows.size());
    for (const auto& row : rows) {
      arrays.next_row();
      Table::describe(arrays, row);
    }
    arrays.finish();
    return *this;
  }

  const std::vector<std::string>& values() const { return values_; }
  /// False: a text is not what the database stores.
  bool storable() const { return storable_; }

 private:
  template <class Field>
  static PostgresArray array_of(std::size_t size) {
    return kIsNumberColumn<Field> ? PostgresArray::of_bigint(size) : PostgresArray::of_text(size);
  }

  class TableArrays : public ColumnWords<TableArrays> {
   public:
    TableArrays(PostgresParameters& to, std::size_t rows) : to_(to), rows_(rows) {}
    void next_row() { at_ = 0; }
    template <class Field>
    void visit(std::string_view, const Field& field, ColumnRole) {
      if (at_ == arrays_.size()) arrays_.push_back(array_of<Field>(rows_));
      to_.add(arrays_[at_++], to_column(field));
    }
    void finish() {
      for (auto& array : arrays_) to_.values_.push_back(std::move(array).take());
    }

   private:
    PostgresParameters& to_;
    std::size_t rows_;
    std::vector<PostgresArray> arrays_;
    std::size_t at_ = 0;
  };

  void add(std::string_view text);
  void add(std::int64_t number);
  template <class Value>
  void add(PostgresArray& array, const Value& value) {
    storable_ = storable_ && is_storable(value);
    array.add(value);
  }

  std::vector<std::string> values_;
  bool storable_ = true;
};

}  // namespace postern
