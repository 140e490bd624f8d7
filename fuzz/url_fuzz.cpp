// URLs from any bytes. Whatever is_allowed_return_url() lets through begins, email by email, with
// the one origin that is allowed and holds nothing that another reader takes otherwise.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "property.hpp"
#include "text/ascii.hpp"
#include "text/url.hpp"

namespace {

using namespace postern;

/// What follows an origin: nothing, its port written out, a path, a query or a fragment.
bool ends_origin(std::string_view rest) {
  if (rest.starts_with(":443")) rest.remove_prefix(4);
  return rest.empty() || rest.front() == '/' || rest.front() == '?' || rest.front() == '#';
}

void check_plain(std::string_view text) {
  require(text.size() <= limits::kUrlBytes);
  require(std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; }));
  require(text.find_first_of("\\\"<>^`{|}") == std::string_view::npos);
}

void check_allowed(std::string_view text) {
  check_plain(text);
  constexpr std::string_view kOrigin = "https://app.example";
  require(ascii::to_lower(text).starts_with(kOrigin));
  std::string_view rest = text.substr(kOrigin.size());
  require(ends_origin(rest));
  const std::string path = ascii::to_lower(rest.substr(0, rest.find_first_of("?#")));
  for (const std::string_view odd : {"//", "/./", "/../", "%2e", "%2f", "%5c", "%0", "%25"}) {
    require(path.find(odd) == std::string::npos);
  }
}

void check_base(const std::string& base) {
  check_plain(base);
  require(base.starts_with("http://") || base.starts_with("https://"));
  require(!base.ends_with('/') && base.find_first_of("?#") == std::string::npos);
  const Result<std::string> again = parse_base_url(base);
  require(again && *again == base);
  require(is_allowed_return_url(base, std::array{base}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::string, 2> allowed = {"https://app.example/", "https://app.example"};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (is_allowed_return_url(text, allowed)) check_allowed(text);
  if (const Result<std::string> base = parse_base_url(text)) check_base(*base);
  return 0;
}
