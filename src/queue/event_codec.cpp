#include "queue/event_codec.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "text/json.hpp"
#include "text/json_writer.hpp"

namespace postern {
namespace {

constexpr std::int64_t kVersion = 1;

Error bad_event(std::string detail) { return Error{"bad_event", Retry::kNever, std::move(detail)}; }

MailState state_of(Settlement settlement) {
  switch (settlement) {
    case Settlement::kDone:
      return MailState::kSent;
    case Settlement::kDead:
      return MailState::kFailed;
    case Settlement::kLater:
      break;
  }
  return MailState::kDeferred;
}

/// What goes into the database as it came: an id, or a kind's name.
bool is_name(std::string_view text) {
  const auto fits = [](char c) { return c > 0x20 && c < 0x7F; };
  return !text.empty() && text.size() <= limits::kJobIdBytes &&
         std::all_of(text.begin(), text.end(), fits);
}

Result<MailStatus> read_mail_event(const boost::json::object& event) {
  if (integer_at(event, "v") != kVersion) return bad_event("v is not 1");
  MailStatus status;
  const auto type = string_at(event, "type").value_or("");
  for (const auto state : {MailState::kSent, MailState::kDeferred, MailState::kFailed}) {
    if (type == mail_event_type(state)) status.state = state;
  }
  if (status.state == MailState::kQueued) return bad_event("no such type");
  const auto at = parse_rfc3339(string_at(event, "at").value_or(""));
  if (!at) return bad_event("at is no RFC 3339 time");
  status.changed_at = *at;
  status.next_try_at =
      parse_rfc3339(string_at(event, "next_try_at").value_or("")).value_or(TimePoint{});
  status.account_id = string_at(event, "account_id").value_or("");
  status.mail_id = string_at(event, "mail_id").value_or("");
  status.kind = string_at(event, "kind").value_or("");
  if (!is_id(status.account_id) || !is_name(status.mail_id) || !is_name(status.kind)) {
    return bad_event("account_id, mail_id or kind is no name");
  }
  status.reason = string_at(event, "reason").value_or("").substr(0, limits::kReasonBytes);
  return status;
}

}  // namespace

MailStatus to_mail_status(const Settled& settled, TimePoint at, TimePoint next_try_at) {
  MailStatus status;
  status.account_id = settled.account_id;
  status.mail_id = settled.mail_id;
  status.kind = settled.kind;
  status.state = state_of(settled.settlement);
  status.changed_at = at;
  if (status.state == MailState::kDeferred) status.next_try_at = next_try_at;
  if (status.state != MailState::kSent) {
    status.reason = settled.reason.substr(0, limits::kReasonBytes);
  }
  return status;
}

std::string_view mail_event_type(MailState state) {
  switch (state) {
    case MailState::kQueued:
      break;
    case MailState::kSent:
      return "mail.sent";
    case MailState::kDeferred:
      return "mail.deferred";
    case MailState::kFailed:
      return "mail.failed";
  }
  return {};
}

std::string encode_mail_event(const MailStatus& status, std::string_view event_id) {
  JsonWriter json;
  json.number("v", kVersion)
      .text("id", event_id)
      .text("type", mail_event_type(status.state))
      .text("at", to_rfc3339(status.changed_at))
      .text("account_id", status.account_id)
      .text("mail_id", status.mail_id)
      .text("kind", status.kind);
  if (!status.reason.empty()) json.text("reason", status.reason);
  if (status.state == MailState::kDeferred) {
    json.text("next_try_at", to_rfc3339(status.next_try_at));
  }
  return json.finish();
}

std::vector<std::string> pack_mail_events(std::span<const std::string> events) {
  constexpr std::string_view kHead = R"({"v":1,"events":[)";
  constexpr std::string_view kTail = "]}";
  std::vector<std::string> packs;
  for (const auto& event : events) {
    const auto size = event.size() + kTail.size() + 1;
    if (packs.empty() || packs.back().size() + size > limits::kJobBytes) {
      packs.emplace_back(kHead);
    } else {
      packs.back() += ',';
    }
    packs.back() += event;
  }
  for (auto& pack : packs) pack += kTail;
  return packs;
}

std::vector<Result<MailStatus>> decode_mail_events(std::string_view body) {
  const auto message = parse_json_object(body);
  if (!message) return {bad_event("not JSON")};
  const auto* packed = message->if_contains("events");
  if (!packed) return {read_mail_event(*message)};
  if (!packed->is_array()) return {bad_event("events is no array")};
  std::vector<Result<MailStatus>> events;
  for (const auto& event : packed->get_array()) {
    const auto* object = event.if_object();
    events.push_back(object ? read_mail_event(*object) : bad_event("an event is no object"));
  }
  return events;
}

std::string encode_account_event(const AccountEvent& event) {
  JsonWriter json;
  json.number("v", kVersion)
      .text("id", event.id)
      .text("type", event.type)
      .text("at", to_rfc3339(event.at))
      .text("account_id", event.account_id);
  if (!event.session_id.empty()) json.text("session_id", event.session_id);
  return json.finish();
}

}  // namespace postern
