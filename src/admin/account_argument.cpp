#include "admin/account_argument.hpp"

#include <cstdio>

#include "account/read_accounts.hpp"
#include "base/ids.hpp"
#include "text/ascii.hpp"
#include "text/email.hpp"

namespace postern {

Result<AccountRef> find_account(AccountServices& services, const AccountArgument& argument) {
  const auto text = std::string(ascii::trim(argument.text));
  if (is_id(text)) return AccountRef{AccountRef::By::kId, text};
  // An external id may look like an address; the one that is there is meant.
  const auto external = find_by_external_id(services.writer, argument.text);
  if (!external) return external.error();
  if (*external) return **external;
  const auto email = parse_email(text);
  if (!email) return Error{"not_found", Retry::kNever, "there is no such account"};
  return AccountRef{AccountRef::By::kEmailKey, email->key};
}

int command_failed(const Error& error) {
  constexpr int kFailed = 1;
  std::fprintf(stderr, "postern: %s\n",
               error.cause.empty() ? error.code.c_str() : error.cause.c_str());
  return kFailed;
}

void print_output(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace postern
