// The words of the pages, one table for each language.
//
// Thread contract: immutable after construction.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded_file.hpp"

namespace postern {

/// The values of {product} and {min_length} in a text.
struct StringValues {
  std::string product;
  std::string min_length;
};

class PageStrings {
 public:
  /// key → text
  using Table = std::map<std::string, std::string, std::less<>>;

  /// Takes every "<locale>.json" at the top. Throws std::runtime_error when one cannot be read.
  PageStrings(std::span<const EmbeddedFile> files, const StringValues& values);

  /// The text of that key; an empty one when there is none. `locale` is one that exists.
  const std::string& get(std::string_view locale, std::string_view key) const;
  bool has(std::string_view locale, std::string_view key) const;
  const Table& all(std::string_view locale) const;
  std::vector<std::string> locales() const;

 private:
  std::map<std::string, Table, std::less<>> languages_;
};

}  // namespace postern
