// Requests and responses as the handlers see them; no HTTP library in sight.
//
// Thread contract: plain data. A Request stays valid until its Respond was called; Respond is
// called exactly once, from any thread.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern {

using HttpHeader = std::pair<std::string, std::string>;

struct HttpRequest {
  std::string method;
  /// Canonical: percent-decoded, without empty segments; always begins with '/'.
  std::string path;
  /// As sent, without the '?'.
  std::string query;
  std::vector<HttpHeader> headers;
  std::string body;
  /// The client's address in canonical form, after TRUSTED_PROXIES; IPv4-mapped is IPv4.
  std::string client_address;
  std::string request_id;
  /// The request line says HTTP/1.0.
  bool is_http10 = false;
  /// W3C trace context: taken from the request when valid, else made.
  std::string traceparent;

  /// The first header of that name (case-insensitive), or an empty view.
  std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  /// With charset where it is text.
  std::string content_type;
  std::string body;
  /// Further headers; security headers and X-Request-Id are added by the server.
  std::vector<HttpHeader> headers;
  /// In place of `body`: bytes that outlive the server, which are sent without being copied.
  std::string_view static_body = {};
};

using Respond = std::function<void(HttpResponse)>;
using HttpHandler = std::function<void(const HttpRequest&, Respond)>;

/// A further member of a problem document, and its value.
using ProblemMember = std::pair<std::string_view, std::string_view>;

/// application/problem+json (RFC 9457). `code` is stable; `title` is the status' short name.
HttpResponse problem(int status, std::string_view code, std::string_view detail,
                     std::initializer_list<ProblemMember> members = {});

}  // namespace postern
