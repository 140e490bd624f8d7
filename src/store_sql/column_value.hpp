// Converts a field to its column's value: text, or a 64-bit number.
//
// Thread contract: pure functions.
// Knows no tables and no SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.hpp"
#include "model/account.hpp"
#include "model/client.hpp"
#include "model/delivery_outcome.hpp"
#include "model/mail_priority.hpp"
#include "model/session.hpp"

namespace postern {

/// Both databases store UTF-8 without NUL, and refuse everything else.
bool is_storable(std::string_view text);
inline bool is_storable(std::int64_t) { return true; }

inline std::string_view to_column(std::string_view text) { return text; }
inline std::string_view to_column(AccountState state) { return to_string(state); }
inline std::string_view to_column(SessionKind kind) { return to_string(kind); }
inline std::string_view to_column(const std::optional<DeliveryOutcome>& outcome) {
  return to_string(outcome);
}
inline std::string_view to_column(ClientAuthentication authentication) {
  return to_string(authentication);
}
/// One a line, the fields of each between tabs: none of them holds either.
std::string to_column(const std::vector<std::string>& lines);
std::string to_column(const std::vector<ClientGrant>& grants);
std::string to_column(const std::vector<ClientConsent>& consents);
/// Unix milliseconds between commas.
std::string to_column(const std::vector<TimePoint>& times);
template <class Number>
  requires std::is_integral_v<Number>
std::int64_t to_column(Number number) {
  return static_cast<std::int64_t>(number);
}
inline std::int64_t to_column(MailPriority priority) { return static_cast<std::int64_t>(priority); }
/// Unix milliseconds.
inline std::int64_t to_column(TimePoint time) { return to_unix_ms(time); }
/// 0 for none.
inline std::int64_t to_column(const std::optional<TimePoint>& time) {
  return time ? to_unix_ms(*time) : 0;
}

// The way back. False: the column holds what no version of this program writes there.
inline bool from_column(std::string_view column, std::string& field) {
  field = column;
  return true;
}
bool from_column(std::string_view column, AccountState& field);
bool from_column(std::string_view column, SessionKind& field);
bool from_column(std::string_view column, std::optional<DeliveryOutcome>& field);
bool from_column(std::string_view column, ClientAuthentication& field);
bool from_column(std::string_view column, std::vector<std::string>& field);
bool from_column(std::string_view column, std::vector<ClientGrant>& field);
bool from_column(std::string_view column, std::vector<ClientConsent>& field);
/// Up to the first thing that is no number.
bool from_column(std::string_view column, std::vector<TimePoint>& field);
template <class Number>
  requires std::is_integral_v<Number>
bool from_column(std::int64_t column, Number& field) {
  field = static_cast<Number>(column);
  return true;
}
bool from_column(std::int64_t column, MailPriority& field);
bool from_column(std::int64_t column, TimePoint& field);
bool from_column(std::int64_t column, std::optional<TimePoint>& field);

template <class Field>
inline constexpr bool kIsNumberColumn =
    std::is_same_v<decltype(to_column(std::declval<const Field&>())), std::int64_t>;

/// Another server's text must never stop a change: UTF-8, no NUL, at most limits::kReasonBytes.
std::string storable_reason(std::string_view reason);

}  // namespace postern
