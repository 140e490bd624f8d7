#include "web/page_templates.hpp"

#include <stdexcept>

namespace postern {
namespace {

constexpr std::string_view kExtension = ".html";
constexpr std::string_view kLayout = "layout";
constexpr std::string_view kText = "t.";

/// name → source
std::map<std::string_view, std::string_view> sources_in(std::span<const EmbeddedFile> files) {
  std::map<std::string_view, std::string_view> sources;
  for (const auto& file : files) {
    if (!file.name.ends_with(kExtension)) continue;
    sources.emplace(file.name.substr(0, file.name.size() - kExtension.size()), file.content);
  }
  return sources;
}

std::string in_layout(std::string_view layout, std::string_view page) {
  constexpr std::string_view kContent = "{{content}}\n";
  const auto place = layout.find(kContent);
  if (place == std::string_view::npos) throw std::runtime_error("The layout has no {{content}}.");
  return std::string(layout.substr(0, place))
      .append(page)
      .append(layout.substr(place + kContent.size()));
}

/// As a value in HTML, and no tag of a template.
std::string escape(const std::string& value) {
  std::string escaped;
  for (const char c : kainjow::mustache::html_escape(value)) {
    if (c == '{') {
      escaped.append("&#123;");
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

/// Puts the value in the place of each tag that has one.
std::string fill_in(std::string_view source, const PageTemplates::Values& fixed) {
  constexpr std::string_view kOpen = "{{", kClose = "}}";
  std::string text;
  for (;;) {
    const auto open = source.find(kOpen), close = source.find(kClose, open);
    if (close == std::string_view::npos) return text.append(source);
    const auto name = source.substr(open + kOpen.size(), close - open - kOpen.size());
    const auto end = close + kClose.size();
    if (const auto value = fixed.find(name); value != fixed.end()) {
      text.append(source.substr(0, open)).append(escape(value->second));
    } else if (name.starts_with(kText)) {
      throw std::runtime_error("There is no text " + std::string(name) + ".");
    } else {
      text.append(source.substr(0, end));
    }
    source.remove_prefix(end);
  }
}

}  // namespace

PageTemplates::PageTemplates(std::span<const EmbeddedFile> files, const PageStrings& strings,
                             const Values& fixed) {
  const auto sources = sources_in(files);
  for (const auto& locale : strings.locales()) {
    Values values = fixed;
    for (const auto& [key, text] : strings.all(locale)) values[std::string(kText) + key] = text;
    for (const auto& [name, source] : sources) {
      if (name == kLayout) continue;
      auto parsed = std::make_unique<kainjow::mustache::mustache>(
          fill_in(in_layout(sources.at(kLayout), source), values));
      if (!parsed->is_valid()) {
        throw std::runtime_error("The page " + std::string(name) +
                                 " is broken: " + parsed->error_message());
      }
      languages_[locale].emplace(name, std::move(parsed));
    }
  }
}

std::string PageTemplates::render(std::string_view locale, std::string_view name,
                                  const PageData& data) const {
  constexpr std::size_t kUsualBytes = 6000;
  std::string page;
  page.reserve(kUsualBytes);
  const auto& filled = languages_.find(locale)->second.find(name)->second;
  filled->render(data, [&page](const std::string& part) { page.append(part); });
  return page;
}

}  // namespace postern
