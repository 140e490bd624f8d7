// Writes one flat JSON object, field by field: for messages that are made thousands of times a
// second.
//
// Thread contract: a plain value.
// Keys are trusted and not escaped. Bytes that are not UTF-8 become U+FFFD, so that what comes out
// is always JSON. Writes no arrays and no nested objects.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

class JsonWriter {
 public:
  explicit JsonWriter(std::size_t size_hint = 512);

  JsonWriter& text(std::string_view key, std::string_view value);
  JsonWriter& number(std::string_view key, std::int64_t value);
  /// Ends the object; the writer is empty afterwards.
  std::string finish();

 private:
  void begin_field(std::string_view key);

  std::string out_;
};

}  // namespace postern
