// A request for an email that was accepted: what the 202 promises, before any account was read.
//
// Plain data. Its row has the same shape whatever account the address has, so that neither its
// size nor its time reveals one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace postern {

enum class RequestAction { kRegister, kRecoverPassword };

/// register, recover-password: in the database and in the audit.
std::string_view to_string(RequestAction action);
std::optional<RequestAction> parse_request_action(std::string_view text);

struct AcceptedRequest {
  std::string id;
  RequestAction action = RequestAction::kRegister;
  /// As it was submitted, and in its canonical form.
  std::string email;
  std::string email_key;
  std::string locale;
  std::string return_to;
  /// The client's network; may be empty.
  std::string client;
  std::string request_id;
  /// W3C trace context of the request; may be empty.
  std::string traceparent;
  TimePoint accepted_at;
  /// Until then only the process that accepted or claimed it resolves it.
  TimePoint leased_until;
};

}  // namespace postern
