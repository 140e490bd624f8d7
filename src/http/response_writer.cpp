#include "http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/status.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

struct DefaultHeader {
  std::string_view name;
  std::string_view line;
};

// A handler's own header of the same name replaces one of these.
constexpr std::array kDefaults{
    DefaultHeader{"Content-Security-Policy",
                  "Content-Security-Policy: default-src 'none'; base-uri 'none'; "
                  "frame-ancestors 'none'; form-action 'none'\r\n"},
    DefaultHeader{"Cache-Control", "Cache-Control: no-store\r\n"},
    DefaultHeader{"Referrer-Policy", "Referrer-Policy: no-referrer\r\n"},
    DefaultHeader{"Cross-Origin-Opener-Policy", "Cross-Origin-Opener-Policy: same-origin\r\n"},
    DefaultHeader{"Permissions-Policy",
                  "Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=()\r\n"},
};
constexpr std::string_view kNoSniff = "X-Content-Type-Options: nosniff\r\n";
constexpr std::string_view kSameOrigin = "Cross-Origin-Resource-Policy: same-origin\r\n";
constexpr std::string_view kCrossOrigin = "Cross-Origin-Resource-Policy: cross-origin\r\n";
constexpr std::string_view kTransportSecurity =
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";
constexpr std::string_view kExposed =
    "Access-Control-Expose-Headers: X-Request-Id, Retry-After\r\n";
constexpr std::array<std::string_view, 6> kServerOwn{
    "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date", "X-Request-Id"};

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_status_line(std::string& out, int status) {
  if (status == 202) {
    out += "HTTP/1.1 202 Accepted\r\n";
    return;
  }
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(status));
  out += ' ';
  out += status_title(status);
  out += "\r\n";
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

bool has_header(const HttpResponse& response, std::string_view name) {
  return std::ranges::any_of(response.headers, [name](const HttpHeader& header) {
    return ascii::equals_ignoring_case(header.first, name);
  });
}

bool is_server_own(std::string_view name) {
  return std::ranges::any_of(
      kServerOwn, [name](std::string_view own) { return ascii::equals_ignoring_case(own, name); });
}

void append_security(std::string& out, const HttpResponse& response, const ResponseFrame& frame) {
  for (const DefaultHeader& header : kDefaults) {
    if (response.headers.empty() || !has_header(response, header.name)) out += header.line;
  }
  out += kNoSniff;
  out += frame.cors_origin.empty() ? kSameOrigin : kCrossOrigin;
  if (frame.secure) out += kTransportSecurity;
}

void append_cors(std::string& out, const ResponseFrame& frame) {
  if (frame.varies_by_origin) out += "Vary: Origin\r\n";
  if (frame.cors_origin.empty()) return;
  append_header(out, "Access-Control-Allow-Origin", frame.cors_origin);
  out += kExposed;
}

/// RFC 9110, section 8.6: these have no content, and their length says nothing.
bool has_content(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

bool is_well_formed(const HttpResponse& response) {
  const auto clean = [](std::string_view value) {
    return std::ranges::none_of(value, ascii::is_control);
  };
  return response.status >= 200 && response.status <= 599 && clean(response.content_type) &&
         std::ranges::all_of(response.headers, [&](const HttpHeader& header) {
           return !header.first.empty() &&
                  std::ranges::all_of(header.first, ascii::is_token_char) && clean(header.second);
         });
}

std::string_view ResponseWriter::write(const HttpResponse& response, const ResponseFrame& frame,
                                       std::string& out) {
  append_status_line(out, response.status);
  append_security(out, response, frame);
  append_cors(out, frame);
  write_date(out);
  append_header(out, "X-Request-Id", frame.request_id);
  for (const auto& [name, value] : response.headers) {
    if (!is_server_own(name)) append_header(out, name, value);
  }
  if (frame.close) out += "Connection: close\r\n";
  if (!has_content(response.status)) {
    out += "\r\n";
    return {};
  }
  if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
  out += "Content-Length: ";
  const bool is_static = !response.static_body.empty();
  append_number(out, is_static ? response.static_body.size() : response.body.size());
  out += "\r\n\r\n";
  if (frame.head_only) return {};
  if (!is_static) out += response.body;
  return response.static_body;
}

void ResponseWriter::write_date(std::string& out) {
  const std::time_t now = std::time(nullptr);
  if (now != date_at_) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    const std::size_t length =
        std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    date_line_.assign(text, length);
    date_at_ = now;
  }
  out += date_line_;
}

}  // namespace postern
