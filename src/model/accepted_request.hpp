// A request for an email that was accepted: what the 202 promises, before any account was read.
//
// Plain data. It is stored in the same way whatever account the address has, so that neither its
// size nor its time reveals one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/request_context.hpp"
#include "text/email.hpp"

namespace postern {

enum class RequestAction { kRegister, kRecoverPassword };

/// register, recover-password: in the database and in the audit.
std::string_view to_string(RequestAction action);
std::optional<RequestAction> parse_request_action(std::string_view text);

/// Where an accepted request is stored: the requests of one transaction share rows.
struct RequestPlace {
  std::string row = {};
  std::size_t index = 0;
  /// How many requests the row was written with.
  std::size_t of = 1;

  friend bool operator==(const RequestPlace&, const RequestPlace&) = default;
};

struct MailRequest {
  EmailAddress email;
  /// "en" or "ru".
  std::string locale;
  /// Checked against RETURN_URLS already; may be empty.
  std::string return_to;
  RequestContext context;
};

struct AcceptedRequest {
  /// Given by the writer.
  RequestPlace place = {};
  /// False: what is stored there cannot be read, and only the place is known.
  bool readable = true;
  RequestAction action = RequestAction::kRegister;
  MailRequest request = {};
  TimePoint accepted_at;
  /// Until then only the process that accepted or claimed it resolves it.
  TimePoint leased_until;
};

}  // namespace postern
