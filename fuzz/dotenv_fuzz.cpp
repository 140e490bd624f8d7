// .env files from any bytes: a text is read or refused with a SettingError, and what was read can
// be written in double quotes and read again as it was.
#include <cstdint>
#include <string>
#include <string_view>

#include "app/dotenv.hpp"
#include "app/setting_file.hpp"
#include "app/setting_table.hpp"
#include "app/settings.hpp"
#include "property.hpp"
#include "text/utf8.hpp"

namespace {

using namespace postern;

std::string quote(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    switch (c) {
      case '\n':
        quoted += "\\n";
        break;
      case '\r':
        quoted += "\\r";
        break;
      case '\t':
        quoted += "\\t";
        break;
      case '"':
      case '\\':
      case '$':
        quoted += {'\\', c};
        break;
      default:
        quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const Settings::Values values = parse_env_file(text).values;
    std::string written;
    for (const auto& [name, value] : values) {
      require(!name.empty() && name.find_first_of("=\n\r \t#'\"") == std::string::npos);
      require(is_valid_utf8(value));
      written.append(name).append("=").append(quote(value)).append(" # a comment\r\n");
    }
    require(parse_env_file(written).values == values);
  } catch (const SettingError&) {
    return 0;
  }
  return 0;
}
