#include "admin/account_lines.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>

#include "base/ids.hpp"
#include "base/import_limits.hpp"
#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/display_name.hpp"
#include "text/email.hpp"
#include "text/json.hpp"
#include "text/locale.hpp"
#include "text/plain_text.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

namespace json = boost::json;

Error bad_line(std::string detail) { return {"bad_line", Retry::kNever, std::move(detail)}; }

/// An external id is stored and shown unchanged: one line of text that is not blank.
bool is_external_id(std::string_view id) {
  return id.size() <= limits::kExternalIdBytes && is_valid_utf8(id) && is_one_line(id) &&
         !ascii::trim(id).empty();
}

const json::value* value_at(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && !value->is_null() ? value : nullptr;
}

/// The text at `key`: empty when it is absent, nothing when it is of another type.
std::optional<std::string> text_at(const json::object& object, std::string_view key) {
  const auto* value = value_at(object, key);
  if (!value) return std::string();
  return value->is_string() ? std::optional(std::string(value->get_string())) : std::nullopt;
}

/// The same; a whole number is its digits.
std::optional<std::string> id_at(const json::object& object, std::string_view key) {
  const auto* value = value_at(object, key);
  if (value && value->is_int64()) return std::to_string(value->get_int64());
  if (value && value->is_uint64()) return std::to_string(value->get_uint64());
  return text_at(object, key);
}

/// RFC 3339, and what databases write in its place: no zone (then UTC), no time of day, a zone of
/// hours alone.
std::optional<TimePoint> parse_time(const std::string& text) {
  constexpr std::size_t kDateCharacters = 10;
  if (const auto time = parse_rfc3339(text)) return time;
  if (text.size() == kDateCharacters) return parse_rfc3339(text + "T00:00:00Z");
  const bool has_hours =
      text.size() > 3 && (text[text.size() - 3] == '+' || text[text.size() - 3] == '-');
  return parse_rfc3339(text + (has_hours && text.size() > kDateCharacters + 3 ? ":00" : "Z"));
}

Status read_ids(const json::object& line, TimePoint now, AccountToImport& wanted) {
  const auto id = id_at(line, "id");
  const auto external_id = id_at(line, "external_id");
  if (!id || !external_id) return bad_line("id is neither text nor a whole number");
  const bool is_ours = is_id(*id);
  if (!is_ours && !id->empty() && !external_id->empty() && *id != *external_id) {
    return bad_line("id and external_id are two ids of another system");
  }
  wanted.account.id = is_ours ? *id : new_id(now);
  wanted.external_id = is_ours || !external_id->empty() ? *external_id : *id;
  if (!wanted.external_id.empty() && !is_external_id(wanted.external_id)) {
    return bad_line("id is not one line of at most 255 bytes");
  }
  return {};
}

Status read_identity(const json::object& line, TimePoint now, Account& account) {
  const auto email = parse_email(ascii::trim(string_at(line, "email").value_or("")));
  if (!email) return bad_line("email is no address");
  account.email = email->address;
  account.email_key = email->key;
  const auto created = text_at(line, "created_at");
  const auto at = created && !created->empty() ? parse_time(*created) : std::optional(now);
  if (!created || !at) return bad_line("created_at is no RFC 3339 time");
  account.created_at = *at;
  account.updated_at = now;
  const auto locale = text_at(line, "locale");
  if (!locale) return bad_line("locale is no text");
  account.locale = match_locale(*locale).value_or("en");
  const auto name = text_at(line, "display_name");
  if (!name || !is_display_name(*name)) return bad_line("display_name is not one line of text");
  account.display_name = *name;
  return {};
}

Status read_credentials(const json::object& line, const FirebaseParameters& firebase,
                        ImportLine& read) {
  auto& account = read.wanted.account;
  const auto* hash = value_at(line, "password_hash");
  const bool has_hash = hash && !(hash->is_string() && hash->get_string().empty());
  if (has_hash) account.password_hash = read_import_hash(*hash, firebase).value_or("");
  read.has_unusable_hash = has_hash && account.password_hash.empty();
  const auto state = text_at(line, "state");
  if (!state) return bad_line("state is unconfirmed, confirmed or disabled");
  if (state->empty()) {
    account.state = has_hash ? AccountState::kConfirmed : AccountState::kUnconfirmed;
    return {};
  }
  const auto parsed = parse_account_state(*state);
  if (!parsed) return bad_line("state is unconfirmed, confirmed or disabled");
  if (*parsed == AccountState::kUnconfirmed && has_hash) {
    return bad_line("an unconfirmed account has no password_hash");
  }
  account.state = *parsed;
  return {};
}

}  // namespace

std::string to_line(const Account& account, const std::string& external_id) {
  json::object line{{"id", account.id},
                    {"email", account.email},
                    {"state", to_string(account.state)},
                    {"locale", account.locale},
                    {"display_name", account.display_name},
                    {"created_at", to_rfc3339(account.created_at)},
                    {"password_hash", account.password_hash}};
  if (!external_id.empty()) line["external_id"] = external_id;
  return json::serialize(line) + "\n";
}

Result<ImportLine> parse_line(std::string_view line, const ImportContext& context) {
  if (line.size() > limits::kImportLineBytes) return bad_line("the line is too long");
  const auto object = parse_json_object(line);
  if (!object) return bad_line("is not a JSON object");
  ImportLine read;
  auto status = read_ids(*object, context.now, read.wanted);
  if (status) status = read_identity(*object, context.now, read.wanted.account);
  if (status) status = read_credentials(*object, context.firebase, read);
  if (!status) return status.error();
  return read;
}

}  // namespace postern
