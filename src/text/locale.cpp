#include "text/locale.hpp"

#include <array>
#include <cstddef>

#include "base/limits.hpp"
#include "text/ascii.hpp"

namespace postern {
namespace {

/// The first one is the default.
constexpr std::array<std::string_view, 2> kLocales = {"en", "ru"};
/// RFC 5646, 2.1.
constexpr std::size_t kSubtagBytes = 8;

/// Cuts `text` before the first `separator` and returns the front; `text` keeps what follows.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view front = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return front;
}

bool is_subtag(std::string_view text) {
  if (text.empty() || text.size() > kSubtagBytes) return false;
  for (const char c : text) {
    if (!ascii::is_alnum(c)) return false;
  }
  return true;
}

/// RFC 9110, 12.4.2 qvalue in thousandths; nothing for any other text.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * 1000;
  int scale = 100;
  for (const char c : text.substr(text.size() > 1 ? 2 : 1)) {
    if (!ascii::is_digit(c)) return std::nullopt;
    weight += (c - '0') * scale;
    scale /= 10;
  }
  if (weight > 1000) return std::nullopt;
  return weight;
}

struct Range {
  std::string_view tag;
  int weight = 1000;
};

/// language-range [ OWS ";" OWS "q=" qvalue ]; nothing when it is something else.
std::optional<Range> parse_range(std::string_view text) {
  const bool has_weight = text.find(';') != std::string_view::npos;
  Range range{.tag = ascii::trim(take_until(text, ';'))};
  if (!has_weight) return range;
  text = ascii::trim(text);
  if (!ascii::equals_ignoring_case(text.substr(0, 2), "q=")) return std::nullopt;
  const std::optional<int> weight = parse_weight(text.substr(2));
  if (!weight) return std::nullopt;
  range.weight = *weight;
  return range;
}

}  // namespace

std::optional<std::string> match_locale(std::string_view tag) {
  std::string_view rest = tag;
  const std::string_view language = take_until(rest, '-');
  if (language.size() < tag.size()) {
    do {
      if (!is_subtag(take_until(rest, '-'))) return std::nullopt;
    } while (!rest.empty());
    if (tag.back() == '-') return std::nullopt;
  }
  for (const std::string_view locale : kLocales) {
    if (ascii::equals_ignoring_case(language, locale)) return std::string(locale);
  }
  return std::nullopt;
}

std::string negotiate_locale(std::string_view accept_language) {
  // A range that names a language goes before "*", whatever their weights: it is more specific.
  std::array<std::optional<int>, kLocales.size()> weights;
  std::array<std::size_t, kLocales.size()> positions{};
  std::optional<int> any_weight;
  for (std::size_t at = 0; at < limits::kLanguageRanges && !accept_language.empty(); ++at) {
    const std::optional<Range> range = parse_range(take_until(accept_language, ','));
    if (!range) continue;
    if (range->tag == "*") any_weight = range->weight;
    const std::optional<std::string> locale = match_locale(range->tag);
    for (std::size_t i = 0; i < kLocales.size(); ++i) {
      if (locale != kLocales[i] || weights[i].value_or(-1) >= range->weight) continue;
      weights[i] = range->weight;
      positions[i] = at;
    }
  }

  std::size_t best = 0;
  int best_weight = 0;
  for (std::size_t i = 0; i < kLocales.size(); ++i) {
    const int weight = weights[i].value_or(any_weight.value_or(0));
    const bool is_earlier = weight == best_weight && weight > 0 && weights[i] && weights[best] &&
                            positions[i] < positions[best];
    if (weight <= best_weight && !is_earlier) continue;
    best = i;
    best_weight = weight;
  }
  return std::string(kLocales[best]);
}

}  // namespace postern
