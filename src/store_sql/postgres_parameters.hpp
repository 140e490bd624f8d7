// The parameters of one PostgreSQL statement in binary form: scalars, and arrays that carry a
// whole batch. Nothing is quoted or escaped, so nothing can be quoted wrongly.
//
// Thread contract: plain values.
// Does not check the text: the server refuses what is not UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

/// A one-dimensional array as the server's array_recv reads it: dimension count, "has nulls",
/// element type, length, lower bound, then each element with its length; all big-endian.
class PostgresArray {
 public:
  static PostgresArray of_text(std::size_t size);
  static PostgresArray of_bigint(std::size_t size);

  void add(std::string_view text);
  void add(std::int64_t number);
  void add_null();

  std::string take() && { return std::move(bytes_); }

 private:
  PostgresArray(std::uint32_t element_type, std::size_t size);

  std::string bytes_;
};

class PostgresParameters {
 public:
  PostgresParameters& text(std::string_view value);
  PostgresParameters& bigint(std::int64_t value);

  /// One text[] with get(row) for every row.
  template <class Rows, class Get>
  PostgresParameters& texts(const Rows& rows, Get get) {
    auto array = PostgresArray::of_text(rows.size());
    for (const auto& row : rows) array.add(std::string_view(get(row)));
    values_.push_back(std::move(array).take());
    return *this;
  }
  /// The same, with NULL for an empty text.
  template <class Rows, class Get>
  PostgresParameters& optional_texts(const Rows& rows, Get get) {
    auto array = PostgresArray::of_text(rows.size());
    for (const auto& row : rows) {
      const std::string_view value = get(row);
      value.empty() ? array.add_null() : array.add(value);
    }
    values_.push_back(std::move(array).take());
    return *this;
  }
  /// One bigint[] with get(row) for every row.
  template <class Rows, class Get>
  PostgresParameters& bigints(const Rows& rows, Get get) {
    auto array = PostgresArray::of_bigint(rows.size());
    for (const auto& row : rows) array.add(static_cast<std::int64_t>(get(row)));
    values_.push_back(std::move(array).take());
    return *this;
  }

  const std::vector<std::string>& values() const { return values_; }

 private:
  std::vector<std::string> values_;
};

}  // namespace postern
