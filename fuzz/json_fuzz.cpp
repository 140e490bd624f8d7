// JSON from any bytes, against Boost.JSON as it comes: what is accepted is the same value there,
// within our limits, and can be written and read again.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "property.hpp"
#include "text/json.hpp"
#include "text/utf8.hpp"

namespace {

using namespace postern;
namespace json = boost::json;

bool is_clean(json::string_view text) {
  return text.find('\0') == json::string_view::npos &&
         is_valid_utf8(std::string_view(text.data(), text.size()));
}

/// Boost.JSON reads doubles to the last bit but one, so that text with one need not be stable.
struct Findings {
  bool has_double = false;
  bool is_clean = true;
  int depth = 0;
};

void inspect(const json::value& value, int depth, Findings& findings) {
  if (value.is_object() || value.is_array()) findings.depth = std::max(findings.depth, depth);
  if (value.is_double()) findings.has_double = true;
  if (value.is_string() && !is_clean(value.get_string())) findings.is_clean = false;
  if (value.is_array()) {
    for (const json::value& element : value.get_array()) inspect(element, depth + 1, findings);
  }
  if (value.is_object()) {
    for (const auto& member : value.get_object()) {
      if (!is_clean(member.key())) findings.is_clean = false;
      inspect(member.value(), depth + 1, findings);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<json::object> object = parse_json_object(text);
  if (!object) return 0;

  json::error_code error;
  const json::value reference = json::parse({text.data(), text.size()}, error);
  require(!error && reference == json::value(*object));
  Findings findings;
  inspect(reference, 1, findings);
  require(findings.is_clean && findings.depth <= 8);

  if (!findings.has_double) {
    const std::string written = json::serialize(*object);
    const Result<json::object> again = parse_json_object(written);
    require(again && *again == *object);
  }
  for (const auto& member : *object) {
    const std::string_view key(member.key().data(), member.key().size());
    require(string_at(*object, key).has_value() == member.value().is_string());
    require(integer_at(*object, key).has_value() == member.value().is_int64());
  }
  return 0;
}
