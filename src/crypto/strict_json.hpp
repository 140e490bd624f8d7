// Flat JSON of tokens: one object of strings and integers, nothing that parsers disagree about.
//
// Thread contract: plain values.
// Refuses repeated names, nested values, null, booleans, numbers that are not whole or do not fit
// 64 bits, control characters in strings, invalid UTF-8 and trailing text. Not for requests: those
// have text/json.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace postern {

class FlatJson {
 public:
  std::size_t size() const { return members_.size(); }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Nothing when it is absent or of another type.
  std::optional<std::string_view> string_at(std::string_view name) const;
  std::optional<std::int64_t> integer_at(std::string_view name) const;

 private:
  friend std::optional<FlatJson> parse_flat_json(std::string_view text);
  using Value = std::variant<std::string, std::int64_t>;

  const Value* find(std::string_view name) const;

  std::vector<std::pair<std::string, Value>> members_;
};

std::optional<FlatJson> parse_flat_json(std::string_view text);

/// Adds `text` with quotes, escaped as RFC 8259, section 7 requires.
void append_json_string(std::string& json, std::string_view text);

}  // namespace postern
