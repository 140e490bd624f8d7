// The ids that make a request traceable: X-Request-Id and the W3C trace context.
//
// Thread contract: one generator a thread; the two checks are pure.
// Nothing here is a secret: the numbers are unique, not unguessable.
#pragma once

#include <random>
#include <string_view>

#include "http/message.hpp"

namespace postern {

/// 1 to limits::kRequestIdBytes of letters, digits, '.', '_' and '-'.
bool is_request_id(std::string_view text);

/// A traceparent of version 00 (W3C Trace Context, section 3.2), with ids that are not zero.
bool is_traceparent(std::string_view text);

class RequestIds {
 public:
  RequestIds();
  /// Fills request_id and traceparent with new ones, or from the headers of a request that a
  /// trusted proxy sends: any other client could make two requests look like one in logs and
  /// traces.
  void assign(HttpRequest& request, bool from_trusted_proxy);

 private:
  std::mt19937_64 random_;
};

}  // namespace postern
