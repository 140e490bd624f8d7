#include "http/target.hpp"

#include <algorithm>

#include "text/ascii.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

bool decode_path(std::string_view raw, std::string& path) {
  path.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '%') {
      path += raw[i];
      continue;
    }
    if (i + 2 >= raw.size()) return false;
    const int high = ascii::hex_value(raw[i + 1]);
    const int low = ascii::hex_value(raw[i + 2]);
    if (high < 0 || low < 0) return false;
    const int code = high * 16 + low;
    if (code < 0x20 || code == 0x7f || code == '/' || code == '\\') return false;
    path += static_cast<char>(code);
    i += 2;
  }
  return is_valid_utf8(path);
}

/// Cuts scheme and authority off an absolute form; false when it is not a proper one.
bool strip_authority(std::string_view& target) {
  const auto colon = target.find("://");
  if (colon == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, colon);
  if (!ascii::equals_ignoring_case(scheme, "http") && !ascii::equals_ignoring_case(scheme, "https"))
    return false;
  target.remove_prefix(colon + 3);
  const auto end = std::min(target.find_first_of("/?"), target.size());
  const std::string_view authority = target.substr(0, end);
  target.remove_prefix(end);
  return !authority.empty() && authority.find('@') == std::string_view::npos;
}

std::optional<Refusal> check_segments(std::string_view path) {
  if (path == "/") return std::nullopt;
  bool empty = false;
  for (std::size_t begin = 1; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment == "." || segment == "..") return refusal::kBadTarget;
    empty = empty || segment.empty();
    begin = end + 1;
  }
  return empty ? std::optional(refusal::kNotFound) : std::nullopt;
}

/// Without the port that the scheme has anyway.
std::string_view without_default_port(std::string_view authority, std::string_view port) {
  return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size())
                                   : authority;
}

}  // namespace

bool is_target_of(std::string_view target, std::string_view host) {
  if (target.starts_with('/') || host.empty()) return true;
  const auto colon = target.find("://");
  const bool secure = ascii::equals_ignoring_case(target.substr(0, colon), "https");
  target.remove_prefix(colon + 3);
  const std::string_view authority = target.substr(0, target.find_first_of("/?"));
  const std::string_view port = secure ? ":443" : ":80";
  return ascii::equals_ignoring_case(without_default_port(authority, port),
                                     without_default_port(host, port));
}

std::optional<Refusal> parse_target(std::string_view target, std::string& path,
                                    std::string& query) {
  const bool printable = std::ranges::all_of(
      target, [](char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '#'; });
  if (!printable || target.empty()) return refusal::kBadTarget;
  if (target.front() != '/' && !strip_authority(target)) return refusal::kBadTarget;

  const auto mark = target.find('?');
  query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  std::string_view raw = target.substr(0, mark);
  if (raw.empty()) raw = "/";
  if (!decode_path(raw, path)) return refusal::kBadTarget;
  return check_segments(path);
}

}  // namespace postern
