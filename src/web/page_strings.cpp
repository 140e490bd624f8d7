#include "web/page_strings.hpp"

#include <stdexcept>

#include "text/json.hpp"

namespace postern {
namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

}  // namespace

PageStrings::PageStrings(std::span<const EmbeddedFile> files, const StringValues& values) {
  constexpr std::string_view kExtension = ".json";
  for (const auto& file : files) {
    if (!file.name.ends_with(kExtension)) continue;
    const auto object = parse_json_object(file.content);
    if (!object)
      throw std::runtime_error("The texts in " + std::string(file.name) + " are broken.");
    Table& texts =
        languages_[std::string(file.name.substr(0, file.name.size() - kExtension.size()))];
    for (const auto& [key, value] : *object) {
      std::string text(value.as_string());
      replace_all(text, "{min_length}", values.min_length);
      replace_all(text, "{product}", values.product);
      texts.emplace(key, std::move(text));
    }
  }
}

const std::string& PageStrings::get(std::string_view locale, std::string_view key) const {
  static const std::string kNone;
  const auto& texts = all(locale);
  const auto text = texts.find(key);
  return text == texts.end() ? kNone : text->second;
}

bool PageStrings::has(std::string_view locale, std::string_view key) const {
  return all(locale).contains(key);
}

std::vector<std::string> PageStrings::locales() const {
  std::vector<std::string> names;
  for (const auto& [name, texts] : languages_) names.push_back(name);
  return names;
}

const PageStrings::Table& PageStrings::all(std::string_view locale) const {
  const auto found = languages_.find(locale);
  if (found == languages_.end()) {
    throw std::runtime_error("There are no texts for the language " + std::string(locale) + ".");
  }
  return found->second;
}

}  // namespace postern
