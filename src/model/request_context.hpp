// The facts about a request that its operation needs beside its input.
//
// Plain data.
#pragma once

#include <string>

namespace postern {

/// What a notice says about the client behind a change.
struct NamedDevice {
  /// Browser and system ("Firefox, Windows"); empty when they are not known ones. Never the
  /// client's own text, which would be a way to write to the owner.
  std::string name;
  std::string ip;
};

struct RequestContext {
  std::string request_id;
  /// W3C trace context; may be empty.
  std::string traceparent;
  /// The client's key in the limits: its IPv4 address, or the /64 of its IPv6 one, as text. Empty
  /// for operators' commands.
  std::string client_network = {};
  /// Set for the operations that send a notice.
  NamedDevice device = {};
};

}  // namespace postern
