#include "http/request_ids.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return ascii::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

void append_hex(std::string& out, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
}

std::mt19937_64 seeded() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

}  // namespace

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= limits::kRequestIdBytes &&
         std::ranges::all_of(
             text, [](char c) { return ascii::is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_traceparent(std::string_view text) {
  if (text.size() != 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  const std::string_view trace = text.substr(3, 32);
  const std::string_view parent = text.substr(36, 16);
  return text.starts_with("00") && is_lower_hex(trace) && is_lower_hex(parent) &&
         is_lower_hex(text.substr(53)) && !is_zero(trace) && !is_zero(parent);
}

RequestIds::RequestIds() : random_(seeded()) {}

void RequestIds::assign(HttpRequest& request, bool from_trusted_proxy) {
  const auto believed = [&](std::string_view name) {
    return from_trusted_proxy ? request.header(name) : std::string_view();
  };
  const std::string_view id = believed("x-request-id");
  request.request_id = is_request_id(id) ? std::string(id) : new_id(SystemClock().now());

  const std::string_view trace = believed("traceparent");
  if (is_traceparent(trace)) {
    request.traceparent = trace;
    return;
  }
  request.traceparent = "00-";
  append_hex(request.traceparent, random_());
  append_hex(request.traceparent, random_() | 1);
  request.traceparent += '-';
  append_hex(request.traceparent, random_() | 1);
  request.traceparent += "-01";
}

}  // namespace postern
