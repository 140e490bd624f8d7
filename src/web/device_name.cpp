#include "web/device_name.hpp"

#include <array>

namespace postern {
namespace {

constexpr std::size_t kLongest = 48;

struct Mark {
  std::string_view in_text;
  std::string_view name;
};

// The first that is found counts: browsers name those that they descend from as well.
constexpr std::array kBrowsers = {
    Mark{"Edg", "Edge"},          Mark{"OPR/", "Opera"},
    Mark{"YaBrowser/", "Yandex"}, Mark{"SamsungBrowser/", "Samsung Internet"},
    Mark{"Vivaldi/", "Vivaldi"},  Mark{"Firefox/", "Firefox"},
    Mark{"FxiOS/", "Firefox"},    Mark{"CriOS/", "Chrome"},
    Mark{"Chrome/", "Chrome"},    Mark{"Version/", "Safari"},
};

constexpr std::array kSystems = {
    Mark{"iPhone", "iPhone"}, Mark{"iPad", "iPad"},       Mark{"Android", "Android"},
    Mark{"CrOS", "ChromeOS"}, Mark{"Windows", "Windows"}, Mark{"Macintosh", "macOS"},
    Mark{"Linux", "Linux"},
};

std::string_view find_in(std::string_view text, const auto& marks) {
  for (const Mark& mark : marks) {
    if (text.find(mark.in_text) != std::string_view::npos) return mark.name;
  }
  return {};
}

/// At most kLongest bytes, and no half of a character.
std::string cut(std::string_view text) {
  if (text.size() <= kLongest) return std::string(text);
  auto end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)).append("…");
}

}  // namespace

std::string known_device(std::string_view user_agent) {
  // Every browser says this; other programs name themselves first: curl/8.1.
  if (!user_agent.starts_with("Mozilla/5.0")) return {};
  const auto browser = find_in(user_agent, kBrowsers);
  const auto system = find_in(user_agent, kSystems);
  std::string name(browser);
  if (!browser.empty() && !system.empty()) name.append(", ");
  return name.append(system);
}

std::string device_name(std::string_view user_agent) {
  auto known = known_device(user_agent);
  return known.empty() ? cut(user_agent) : known;
}

}  // namespace postern
