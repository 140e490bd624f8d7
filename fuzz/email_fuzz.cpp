// Email addresses from any bytes. What is accepted is safe to write into a mail's header and an
// SMTP command, and comes out of a second parse as it went in.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "property.hpp"
#include "text/ascii.hpp"
#include "text/email.hpp"

namespace {

using namespace postern;

void check_accepted(const EmailAddress& email) {
  const std::string_view address = email.address;
  require(address.size() <= limits::kEmailBytes && email.key == ascii::to_lower(address));
  require(std::ranges::count(address, '@') == 1);
  require(std::ranges::all_of(address, [](char c) { return c > ' ' && c < 0x7F; }));
  require(address.find_first_of("()<>[]:;,\\\"") == std::string_view::npos);

  const std::size_t at = address.find('@');
  const std::string_view domain = address.substr(at + 1);
  require(at >= 1 && at <= limits::kEmailLocalBytes);
  require(domain.find('.') != std::string_view::npos && domain == ascii::to_lower(domain));
  require(std::ranges::all_of(domain,
                              [](char c) { return ascii::is_alnum(c) || c == '-' || c == '.'; }));

  for (const std::string& form : {email.address, email.key}) {
    const Result<EmailAddress> again = parse_email(form);
    require(bool(again));
    require(again->address == form && again->key == email.key);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<EmailAddress> email = parse_email(text);
  if (email) check_accepted(*email);
  (void)mask_email(text);
  return 0;
}
