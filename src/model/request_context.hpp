// The facts about a request that its operation needs beside its input.
//
// Plain data.
#pragma once

#include <string>

namespace postern {

struct RequestContext {
  std::string request_id;
  /// W3C trace context; may be empty.
  std::string traceparent;
  /// The client's key in the limits: its IPv4 address, or the /64 of its IPv6 one, as text. Empty
  /// for operators' commands.
  std::string client_network = {};
};

}  // namespace postern
