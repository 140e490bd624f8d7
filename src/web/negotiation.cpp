#include "web/negotiation.hpp"

#include <algorithm>
#include <charconv>

#include "text/ascii.hpp"
#include "text/locale.hpp"

namespace postern {
namespace {

/// Cuts off and returns what stands before the separator, or all of it.
std::string_view take(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return ascii::trim(part);
}

/// The weight in thousandths (RFC 9110, 12.4.2); 0 for what is not a number from 0 to 1.
int read_weight(std::string_view text) {
  double weight = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  const bool usable = error == std::errc() && end == text.data() + text.size();
  return usable && weight >= 0 && weight <= 1 ? static_cast<int>(weight * 1000 + 0.5) : 0;
}

/// How exactly a media range names a type: 3 itself, 2 its family, 1 anything, 0 not at all.
int exactness(std::string_view range, std::string_view family, std::string_view type) {
  if (ascii::equals_ignoring_case(range, type)) return 3;
  if (range == "*/*") return 1;
  return range.ends_with("/*") &&
                 ascii::equals_ignoring_case(range.substr(0, range.size() - 2), family)
             ? 2
             : 0;
}

/// The weight that the most exact range gives to a type.
struct Weight {
  std::string_view family;
  std::string_view type;
  int exact = 0;
  int thousandths = 0;

  void consider(std::string_view range, int weight) {
    const int here = exactness(range, family, type);
    if (here == 0 || here < exact) return;
    exact = here;
    thousandths = weight;
  }
};

}  // namespace

Preference prefer(std::string_view accept) {
  accept = ascii::trim(accept);
  if (accept.empty() || accept == "*/*") return Preference::kEither;
  Weight html{"text", "text/html"};
  Weight json{"application", "application/json"};
  while (!accept.empty()) {
    std::string_view parameters = take(accept, ',');
    const std::string_view range = take(parameters, ';');
    int weight = 1000;
    while (!parameters.empty()) {
      std::string_view value = take(parameters, ';');
      if (ascii::equals_ignoring_case(take(value, '='), "q"))
        weight = read_weight(ascii::trim(value));
    }
    html.consider(range, weight);
    json.consider(range, weight);
  }
  if (html.thousandths == json.thousandths) return Preference::kEither;
  return html.thousandths > json.thousandths ? Preference::kHtml : Preference::kJson;
}

bool wants_html(const HttpRequest& request) {
  return prefer(request.header("Accept")) == Preference::kHtml;
}

std::string choose_locale(const HttpRequest& request, std::optional<std::string_view> tag) {
  if (tag) {
    if (auto locale = match_locale(*tag)) return *std::move(locale);
  }
  return negotiate_locale(request.header("Accept-Language"));
}

}  // namespace postern
