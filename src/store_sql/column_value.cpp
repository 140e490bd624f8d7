#include "store_sql/column_value.hpp"

#include <algorithm>
#include <charconv>

#include "base/limits.hpp"
#include "text/utf8.hpp"

namespace postern {

bool is_storable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

std::string to_column(const std::vector<TimePoint>& times) {
  std::string text;
  for (const auto time : times) {
    if (!text.empty()) text += ',';
    text += std::to_string(to_unix_ms(time));
  }
  return text;
}

bool from_column(std::string_view column, AccountState& field) {
  const auto state = parse_account_state(column);
  if (state) field = *state;
  return state.has_value();
}

bool from_column(std::string_view column, SessionKind& field) {
  field = column == to_string(SessionKind::kCookie) ? SessionKind::kCookie : SessionKind::kBearer;
  return true;
}

bool from_column(std::string_view column, std::optional<DeliveryOutcome>& field) {
  field = parse_delivery_outcome(column);
  return true;
}

bool from_column(std::string_view column, std::vector<TimePoint>& field) {
  field.clear();
  const char* at = column.data();
  const char* const end = at + column.size();
  while (at < end) {
    std::int64_t unix_ms = 0;
    const auto [next, failure] = std::from_chars(at, end, unix_ms);
    if (failure != std::errc()) break;
    field.push_back(from_unix_ms(unix_ms));
    at = next + 1;
  }
  return true;
}

bool from_column(std::int64_t column, MailPriority& field) {
  field = to_mail_priority(column);
  return true;
}

bool from_column(std::int64_t column, TimePoint& field) {
  field = from_unix_ms(column);
  return true;
}

bool from_column(std::int64_t column, std::optional<TimePoint>& field) {
  field = column == 0 ? std::nullopt : std::optional(from_unix_ms(column));
  return true;
}

std::string storable_reason(std::string_view reason) {
  std::string clean(reason.substr(0, limits::kReasonBytes));
  std::replace(clean.begin(), clean.end(), '\0', '?');
  // A cut may have gone through a character: drop what is left of it.
  for (int i = 0; i < 3 && reason.size() > clean.size() && !is_valid_utf8(clean); ++i) {
    clean.pop_back();
  }
  if (is_valid_utf8(clean)) return clean;
  // In some other encoding; its ASCII part is what can be read for certain.
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; }, '?');
  return clean;
}

}  // namespace postern
