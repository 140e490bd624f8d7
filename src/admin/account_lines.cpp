#include "admin/account_lines.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "crypto/password.hpp"
#include "text/display_name.hpp"
#include "text/email.hpp"
#include "text/json.hpp"
#include "text/locale.hpp"

namespace postern::admin {
namespace {

Error bad_line(std::string detail) { return {"bad_line", Retry::kNever, std::move(detail)}; }

bool is_import_id(std::string_view id) {
  return !id.empty() && id.size() <= limits::kJobIdBytes &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
             std::string_view::npos;
}

/// The text at `key`: empty when it is absent, nothing when it is of another type.
std::optional<std::string> text_at(const boost::json::object& object, std::string_view key) {
  if (!object.contains(key)) return std::string();
  const auto text = string_at(object, key);
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

Status read_identity(const boost::json::object& line, TimePoint now, Account& account) {
  const auto email = parse_email(string_at(line, "email").value_or(""));
  if (!email) return bad_line("email is no address");
  account.email = email->address;
  account.email_key = email->key;
  const auto id = text_at(line, "id");
  if (!id || (!id->empty() && !is_import_id(*id))) {
    return bad_line("id is not 1 to 64 letters, digits, - and _");
  }
  account.id = id->empty() ? new_id(now) : *id;
  const auto created = text_at(line, "created_at");
  const auto at = created && !created->empty() ? parse_rfc3339(*created) : std::optional(now);
  if (!created || !at) return bad_line("created_at is no RFC 3339 time");
  account.created_at = *at;
  account.updated_at = now;
  const auto locale = text_at(line, "locale");
  const auto matched = locale && !locale->empty() ? match_locale(*locale) : std::optional("en");
  if (!locale || !matched) return bad_line("locale is neither en nor ru");
  account.locale = *matched;
  const auto name = text_at(line, "display_name");
  if (!name || !is_display_name(*name)) return bad_line("display_name is not one line of text");
  account.display_name = *name;
  return {};
}

Status read_credentials(const boost::json::object& line, Account& account) {
  const auto hash = text_at(line, "password_hash");
  if (!hash || (!hash->empty() && !is_usable_hash(*hash))) {
    return bad_line("password_hash is no $argon2id$ string within the bounds");
  }
  account.password_hash = *hash;
  const auto state = text_at(line, "state");
  if (!state) return bad_line("state is unconfirmed, confirmed or disabled");
  if (state->empty()) {
    account.state = hash->empty() ? AccountState::kUnconfirmed : AccountState::kConfirmed;
    return {};
  }
  const auto parsed = parse_account_state(*state);
  if (!parsed) return bad_line("state is unconfirmed, confirmed or disabled");
  if (*parsed == AccountState::kUnconfirmed && !hash->empty()) {
    return bad_line("an unconfirmed account has no password_hash");
  }
  account.state = *parsed;
  return {};
}

}  // namespace

std::string to_line(const Account& account) {
  const boost::json::object line{{"id", account.id},
                                 {"email", account.email},
                                 {"state", to_string(account.state)},
                                 {"locale", account.locale},
                                 {"display_name", account.display_name},
                                 {"created_at", to_rfc3339(account.created_at)},
                                 {"password_hash", account.password_hash}};
  return boost::json::serialize(line) + "\n";
}

Result<Account> parse_line(std::string_view line, TimePoint now) {
  if (line.size() > limits::kImportLineBytes) return bad_line("the line is too long");
  const auto object = parse_json_object(line);
  if (!object) return bad_line("is not a JSON object");
  Account account;
  if (auto read = read_identity(*object, now, account); !read) return read.error();
  if (auto read = read_credentials(*object, account); !read) return read.error();
  return account;
}

}  // namespace postern::admin
