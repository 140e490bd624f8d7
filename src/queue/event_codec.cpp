#include "queue/event_codec.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "text/json.hpp"
#include "text/json_writer.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kMaxAttempt = 1000;

constexpr std::string_view kHead = R"({"v":1,"outcomes":[)";
constexpr std::string_view kTail = "]}";

Error bad_outcome(std::string detail) {
  return Error{"bad_outcome", Retry::kNever, std::move(detail)};
}

/// A text that the database stores unchanged: an id, or a kind's name.
bool is_name(std::string_view text) {
  const auto fits = [](char c) { return c > 0x20 && c < 0x7F; };
  return !text.empty() && text.size() <= limits::kJobIdBytes &&
         std::all_of(text.begin(), text.end(), fits);
}

std::string text_at(const boost::json::object& object, std::string_view name) {
  return std::string(string_at(object, name).value_or(""));
}

Result<MailStatus> read_outcome(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (!object) return bad_outcome("no object");
  MailStatus status;
  status.outcome = parse_delivery_outcome(text_at(*object, "outcome"));
  if (!status.outcome) return bad_outcome("outcome is not sent, deferred or failed");
  const auto at = parse_rfc3339(text_at(*object, "at"));
  if (!at) return bad_outcome("at is no RFC 3339 time");
  status.changed_at = *at;
  const auto next = parse_rfc3339(text_at(*object, "next_attempt_at"));
  if (status.outcome == DeliveryOutcome::kDeferred) {
    status.next_attempt_at = next.value_or(TimePoint{});
  }
  status.account_id = text_at(*object, "account_id");
  status.mail_id = text_at(*object, "mail_id");
  status.kind = text_at(*object, "kind");
  if (!is_id(status.account_id) || !is_name(status.mail_id) || !is_name(status.kind)) {
    return bad_outcome("account_id, mail_id or kind is no name");
  }
  const auto attempt = integer_at(*object, "attempt").value_or(1);
  status.attempt = static_cast<int>(std::clamp<std::int64_t>(attempt, 0, kMaxAttempt));
  status.relay = utf8_prefix(text_at(*object, "relay"), limits::kReasonBytes);
  status.reply = utf8_prefix(text_at(*object, "reply"), limits::kReasonBytes);
  return status;
}

/// The members that an outcome and its event have in common.
void write_attempt(JsonWriter& json, const MailStatus& status) {
  json.text("at", to_rfc3339(status.changed_at))
      .text("account_id", status.account_id)
      .text("mail_id", status.mail_id)
      .text("kind", status.kind)
      .number("attempt", status.attempt)
      .text("relay", status.relay)
      .text("reply", status.reply);
  if (status.next_attempt_at != TimePoint{}) {
    json.text("next_attempt_at", to_rfc3339(status.next_attempt_at));
  }
}

}  // namespace

MailStatus to_mail_status(const Settled& settled, TimePoint at, TimePoint next_attempt_at) {
  MailStatus status;
  status.account_id = settled.account_id;
  status.mail_id = settled.mail_id;
  status.kind = settled.kind;
  status.outcome = settled.outcome;
  status.changed_at = at;
  status.relay = settled.relay;
  if (settled.outcome == DeliveryOutcome::kDeferred) status.next_attempt_at = next_attempt_at;
  status.reply = utf8_prefix(settled.reason, limits::kReasonBytes);
  return status;
}

std::vector<std::string> encode_outcomes(std::span<const MailStatus> outcomes) {
  std::vector<std::string> batches;
  for (const auto& status : outcomes) {
    JsonWriter json;
    json.text("outcome", to_string(status.outcome));
    write_attempt(json, status);
    const std::string outcome = json.finish();
    const auto size = outcome.size() + kTail.size() + 1;
    if (batches.empty() || batches.back().size() + size > limits::kJobBytes) {
      batches.emplace_back(kHead);
    } else {
      batches.back() += ',';
    }
    batches.back() += outcome;
  }
  for (auto& batch : batches) batch += kTail;
  return batches;
}

std::vector<Result<MailStatus>> decode_outcomes(std::string_view body) {
  const auto message = parse_json_object(body);
  if (!message) return {bad_outcome("not JSON")};
  if (integer_at(*message, "v") != kVersion) return {bad_outcome("v is not 1")};
  const auto* member = message->if_contains("outcomes");
  const auto* batch = member ? member->if_array() : nullptr;
  if (!batch) return {bad_outcome("outcomes is no array")};
  std::vector<Result<MailStatus>> outcomes;
  for (const auto& outcome : *batch) outcomes.push_back(read_outcome(outcome));
  return outcomes;
}

std::string_view mail_event_type(DeliveryOutcome outcome) {
  switch (outcome) {
    case DeliveryOutcome::kSent:
      return "mail.sent";
    case DeliveryOutcome::kDeferred:
      return "mail.deferred";
    case DeliveryOutcome::kFailed:
      return "mail.failed";
  }
  return {};
}

std::string encode_mail_event(const MailStatus& outcome, std::string_view event_id) {
  JsonWriter json;
  json.number("v", kVersion).text("id", event_id).text("type", mail_event_type(*outcome.outcome));
  write_attempt(json, outcome);
  return json.finish();
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
