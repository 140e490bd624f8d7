// Responses of the API: what a client reads when something went well, and when it did not.
//
// Thread contract: pure functions.
// No response depends on the state of an account.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace postern {

/// 202, the same bytes for every address.
HttpResponse accepted();

/// 200 {"status":"password_set"}; with the device token that the client is known by, if any.
HttpResponse password_is_set(std::string_view device_token);

/// The HTTP status of an error's code. An unclassified error is 503 or 500.
int status_of(const Error& error);

/// problem+json, without the error's cause; a weak password's stable reason is the member `reason`.
HttpResponse error_response(const Error& error);

/// The stable reason of a weak_password error: too_short, too_long, common, personal, not_text, or
/// other.
std::string_view weakness(const Error& error);

/// The headers that belong to an error's status: Retry-After, WWW-Authenticate.
void add_error_headers(HttpResponse& response, const Error& error);

/// Adds Retry-After to a response that is worth repeating later.
void ask_to_retry(HttpResponse& response);

}  // namespace postern
