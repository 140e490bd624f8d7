// The mail job, version 1:
//   {"v":1,"mail_id","kind","account_id","email","locale","credential_version",
//    "requested_at","expires_at","return_to"?,"requested_by"?,"device"?,"ip"?}
//
// A job may come from any client that can write to the queue, so everything that ends in
// a mail header, a link or a token is checked here as strictly as at the edge.
#include "queue/job_codec.hpp"

#include <algorithm>
#include <utility>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/email.hpp"
#include "text/json.hpp"
#include "text/json_writer.hpp"
#include "text/locale.hpp"

namespace postern {
namespace {

constexpr std::int64_t kVersion = 1;

Error bad_job(std::string detail) { return Error{"bad_job", Retry::kNever, std::move(detail)}; }

bool is_printable(char c) { return c > 0x20 && c < 0x7F; }

/// Ids go into Message-ID and into messages to others: no room for anything but an id.
bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

Result<std::string> required_text(const boost::json::object& job, std::string_view key,
                                  bool (*allowed)(char)) {
  const auto value = string_at(job, key);
  if (!value) return bad_job(std::string(key) + " is missing or no string");
  const bool fits = !value->empty() && value->size() <= limits::kJobIdBytes;
  if (!fits || !std::all_of(value->begin(), value->end(), allowed)) {
    return bad_job(std::string(key) + " is unusable");
  }
  return std::string(*value);
}

Result<TimePoint> required_time(const boost::json::object& job, std::string_view key) {
  const auto text = string_at(job, key);
  const auto time = text ? parse_rfc3339(*text) : std::nullopt;
  if (!time) return bad_job(std::string(key) + " is missing or no RFC 3339 time");
  return *time;
}

Status check_version(const boost::json::object& job) {
  const auto version = integer_at(job, "v");
  if (!version) return bad_job("v is missing or no integer");
  if (*version != kVersion) {
    return Error{"unknown_version", Retry::kNever, "v is " + std::to_string(*version)};
  }
  return {};
}

Result<MailKind> read_kind(const boost::json::object& job) {
  const auto name = string_at(job, "kind");
  if (!name) return bad_job("kind is missing or no string");
  const auto kind = parse_mail_kind(*name);
  if (!kind) return Error{"unknown_kind", Retry::kNever, "kind is not known to this version"};
  return *kind;
}

Result<std::string> read_email(const boost::json::object& job) {
  const auto text = string_at(job, "email");
  if (!text) return bad_job("email is missing or no string");
  auto email = parse_email(*text);
  if (!email) return bad_job("email is no address");
  return std::move(email->address);
}

/// Plain words: nothing that a mail program makes a link of.
bool is_device_character(char c) { return ascii::is_alnum(c) || c == ' ' || c == ','; }

/// Of either notation, an IPv4 address in IPv6 included.
bool is_ip_character(char c) { return ascii::hex_value(c) >= 0 || c == '.' || c == ':'; }

/// Empty when it is missing.
Result<std::string> optional_text(const boost::json::object& job, std::string_view key,
                                  std::size_t max_bytes, bool (*allowed)(char)) {
  const auto* value = job.if_contains(key);
  if (value == nullptr || value->is_null()) return std::string();
  const auto text = string_at(job, key);
  const bool fits = text && text->size() <= max_bytes && std::ranges::all_of(*text, allowed);
  if (!fits) return bad_job(std::string(key) + " is unusable");
  return std::string(*text);
}

Result<std::string> read_return_to(const boost::json::object& job) {
  auto url = optional_text(job, "return_to", limits::kUrlBytes, is_printable);
  if (!url || url->empty()) return url;
  if (url->starts_with("https://") || url->starts_with("http://")) return url;
  return bad_job("return_to is unusable");
}

/// It is printed in an email: nothing but an address.
bool is_line_character(char c) { return !ascii::is_control(c); }

Result<NamedDevice> read_device(const boost::json::object& job) {
  auto name = optional_text(job, "device", limits::kDeviceNameBytes, is_device_character);
  if (!name) return name.error();
  auto ip = optional_text(job, "ip", limits::kIpTextBytes, is_ip_character);
  if (!ip) return ip.error();
  return NamedDevice{*std::move(name), *std::move(ip)};
}

std::string read_locale(const boost::json::object& job) {
  const auto tag = string_at(job, "locale");
  const auto locale = tag ? match_locale(*tag) : std::nullopt;
  return locale.value_or("en");
}

}  // namespace

std::string encode_mail_job(const MailJob& job) {
  JsonWriter json;
  json.number("v", kVersion)
      .text("mail_id", job.mail_id)
      .text("kind", to_string(job.kind))
      .text("account_id", job.account_id)
      .text("email", job.email)
      .text("locale", job.locale)
      .number("credential_version", job.credential_version)
      .text("requested_at", to_rfc3339(job.requested_at))
      .text("expires_at", to_rfc3339(job.expires_at));
  if (!job.return_to.empty()) json.text("return_to", job.return_to);
  if (!job.requested_by.empty()) json.text("requested_by", job.requested_by);
  if (!job.device.name.empty()) json.text("device", job.device.name);
  if (!job.device.ip.empty()) json.text("ip", job.device.ip);
  return json.finish();
}

Result<MailJob> decode_mail_job(std::string_view body) {
  if (body.size() > limits::kJobBytes) return bad_job("too large");
  const auto json = parse_json_object(body);
  if (!json) return bad_job("not a JSON object");
  if (auto status = check_version(*json); !status) return status.error();

  const auto kind = read_kind(*json);
  if (!kind) return kind.error();
  auto mail_id = required_text(*json, "mail_id", is_id_character);
  if (!mail_id) return mail_id.error();
  // It becomes the token's subject, and no token names anything but an account's id.
  auto account_id = required_text(*json, "account_id", is_id_character);
  if (!account_id) return account_id.error();
  if (!is_id(*account_id)) return bad_job("account_id is unusable");
  auto email = read_email(*json);
  if (!email) return email.error();
  const auto version = integer_at(*json, "credential_version");
  if (!version || *version < 0) return bad_job("credential_version is missing or no integer");
  const auto requested_at = required_time(*json, "requested_at");
  if (!requested_at) return requested_at.error();
  const auto expires_at = required_time(*json, "expires_at");
  if (!expires_at) return expires_at.error();
  auto return_to = read_return_to(*json);
  if (!return_to) return return_to.error();
  auto requested_by = optional_text(*json, "requested_by", limits::kEmailBytes, is_line_character);
  if (!requested_by) return requested_by.error();
  auto device = read_device(*json);
  if (!device) return device.error();

  return MailJob{.mail_id = std::move(*mail_id),
                 .kind = *kind,
                 .account_id = std::move(*account_id),
                 .email = std::move(*email),
                 .locale = read_locale(*json),
                 .credential_version = *version,
                 .requested_at = *requested_at,
                 .expires_at = *expires_at,
                 .return_to = std::move(*return_to),
                 .requested_by = std::move(*requested_by),
                 .device = *std::move(device)};
}

}  // namespace postern
