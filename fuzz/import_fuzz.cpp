// A line of `postern accounts import`, from any bytes: it is refused without quoting it, or is an
// account that exports as a line which imports as the same account.
#include <algorithm>
#include <string>
#include <string_view>

#include "admin/account_lines.hpp"
#include "base/ids.hpp"
#include "base/import_limits.hpp"
#include "base/limits.hpp"
#include "crypto/password.hpp"
#include "property.hpp"
#include "text/ascii.hpp"
#include "text/display_name.hpp"
#include "text/email.hpp"
#include "text/utf8.hpp"

namespace {

using namespace postern;

constexpr TimePoint kNow = TimePoint(Duration(1'800'000'000'000));

void check_account(const ImportLine& line) {
  const Account& account = line.wanted.account;
  require(is_id(account.id));
  const auto email = parse_email(account.email);
  require(email && email->address == account.email && email->key == account.email_key);
  require(account.locale == "en" || account.locale == "ru");
  require(is_display_name(account.display_name));
  require(account.password_hash.empty() || is_usable_hash(account.password_hash));
  require(!line.has_unusable_hash || account.password_hash.empty());
  require(account.state != AccountState::kUnconfirmed || account.password_hash.empty());
  const std::string& external_id = line.wanted.external_id;
  require(external_id.size() <= limits::kExternalIdBytes && is_valid_utf8(external_id));
  require(std::ranges::none_of(external_id, ascii::is_control));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ImportContext context{kNow, {"c2lnbmVyIGtleSBvZiAzMiBieXRlcyBvciBzbyAuLi4=", "Bw=="}};
  const auto line = parse_line(text_of(data, size), context);
  if (!line) {
    require(line.error().code == "bad_line" && line.error().retry == Retry::kNever);
    require(line.error().cause.size() < 100);
    return 0;
  }
  check_account(*line);
  const std::string exported = to_line(line->wanted.account, line->wanted.external_id);
  require(exported.ends_with('\n') && exported.find('\n') == exported.size() - 1);
  const auto again = parse_line(exported, context);
  require(bool(again));
  const Account &first = line->wanted.account, &second = again->wanted.account;
  require(second.id == first.id && again->wanted.external_id == line->wanted.external_id);
  require(second.email == first.email && second.state == first.state);
  require(second.locale == first.locale && second.display_name == first.display_name);
  require(second.created_at == first.created_at && second.password_hash == first.password_hash);
  return 0;
}
