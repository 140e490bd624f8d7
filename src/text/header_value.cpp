#include "text/header_value.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

Error refused() { return {.code = "invalid_header", .retry = Retry::kNever}; }

void skip_white_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool take(std::string_view& text, char expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(1);
  return true;
}

/// The token that `text` begins with, in which `also` may stand; empty when there is none.
std::string_view take_token(std::string_view& text, std::string_view also = {}) {
  const auto belongs = [also](char c) {
    return ascii::is_token_char(c) || also.find(c) != std::string_view::npos;
  };
  std::size_t size = 0;
  while (size < text.size() && belongs(text[size])) ++size;
  const std::string_view token = text.substr(0, size);
  text.remove_prefix(size);
  return token;
}

/// After the opening quote, up to and with the closing one (RFC 9110, 5.6.4).
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  while (!text.empty()) {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '"') return value;
    if (c == '\\') {
      if (text.empty()) return std::nullopt;
      c = text.front();
      text.remove_prefix(1);
    }
    if (ascii::is_control(c) && c != '\t') return std::nullopt;
    value.push_back(c);
  }
  return std::nullopt;
}

/// name=value, after its semicolon and white space.
bool take_parameter(std::string_view& text, HeaderParameters& parameters, std::string_view also) {
  const std::string_view name = take_token(text);
  if (name.empty() || !take(text, '=')) return false;
  std::string value;
  if (take(text, '"')) {
    std::optional<std::string> quoted = take_quoted(text);
    if (!quoted) return false;
    value = std::move(*quoted);
  } else {
    value = take_token(text, also);
    if (value.empty()) return false;
  }
  return parameters.emplace(ascii::to_lower(name), std::move(value)).second &&
         parameters.size() <= limits::kHeaderParameters;
}

/// `;name=value` until the end.
bool take_parameters(std::string_view text, HeaderParameters& parameters,
                     std::string_view also = {}) {
  for (skip_white_space(text); !text.empty(); skip_white_space(text)) {
    if (!take(text, ';')) return false;
    skip_white_space(text);
    if (text.empty() || text.front() == ';') continue;
    if (!take_parameter(text, parameters, also)) return false;
  }
  return true;
}

}  // namespace

Result<HeaderValue> parse_header_value(std::string_view text) {
  skip_white_space(text);
  const std::string_view type = take_token(text);
  HeaderValue header{.value = ascii::to_lower(type), .parameters = {}};
  if (type.empty()) return refused();
  if (take(text, '/')) {
    const std::string_view subtype = take_token(text);
    if (subtype.empty()) return refused();
    header.value.append("/").append(ascii::to_lower(subtype));
  }
  if (!take_parameters(text, header.parameters)) return refused();
  return header;
}

Result<HeaderParameters> parse_parameters(std::string_view text) {
  constexpr std::string_view kAddress = "[]:";
  HeaderParameters parameters;
  skip_white_space(text);
  if (!take_parameter(text, parameters, kAddress)) return refused();
  if (!take_parameters(text, parameters, kAddress)) return refused();
  return parameters;
}

}  // namespace postern
