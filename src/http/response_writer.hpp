// Responses to bytes: status line, security headers (REQUIREMENTS H1-H4), CORS, framing, body.
//
// Thread contract: one writer a thread.
// Constant parts are formatted once. Framing headers are the server's alone: those of a handler
// are left out. Announces no product name.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace postern {

struct ResponseFrame {
  std::string_view request_id;
  /// The allowed origin of the request, or empty.
  std::string_view cors_origin;
  bool head_only = false;
  bool close = false;
  /// The client spoke HTTPS.
  bool secure = false;
  /// The response may depend on Origin.
  bool varies_by_origin = false;
};

/// False when a header could forge another one: names that are no tokens, controls in values.
bool is_well_formed(const HttpResponse& response);

class ResponseWriter {
 public:
  /// Appends the message to `out`; the response is well-formed. What is returned is to follow it:
  /// the static body where one is to be sent.
  std::string_view write(const HttpResponse& response, const ResponseFrame& frame,
                         std::string& out);

 private:
  void write_date(std::string& out);

  std::time_t date_at_ = -1;
  std::string date_line_;
};

}  // namespace postern
