#include "app/settings.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/setting_table.hpp"

namespace postern {
namespace {

constexpr std::string_view kPrefix = "POSTERN_";
constexpr std::string_view kFileSuffix = "_FILE";
constexpr std::string_view kBlank = " \t\r";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool is_name(std::string_view text) {
  if (text.empty() || (text.front() >= '0' && text.front() <= '9')) return false;
  for (const char c : text) {
    const bool ok =
        (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!ok) return false;
  }
  return true;
}

/// What stands between double quotes, with its escapes resolved; nothing without an end.
std::optional<std::string> double_quoted(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"')
      return trim(text.substr(i + 1)).empty() ? std::optional(value) : std::nullopt;
    if (text[i] != '\\' || i + 1 == text.size()) {
      value += text[i];
      continue;
    }
    const char next = text[++i];
    if (next == 'n') {
      value += '\n';
    } else {
      if (next != '"' && next != '\\' && next != '$') value += '\\';
      value += next;
    }
  }
  return std::nullopt;
}

std::optional<std::string> parse_value(std::string_view text) {
  if (text.starts_with('"')) return double_quoted(text.substr(1));
  if (text.starts_with('\'')) {
    const auto end = text.find('\'', 1);
    if (end == std::string_view::npos || !trim(text.substr(end + 1)).empty()) return std::nullopt;
    return std::string(text.substr(1, end - 1));
  }
  // As other readers of such files: a comment may follow a blank.
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '#' && kBlank.find(text[i - 1]) != std::string_view::npos) {
      return std::string(trim(text.substr(0, i)));
    }
  }
  return text.starts_with('#') ? std::string() : std::string(text);
}

/// The setting's name without the prefix, or a secret's NAME_FILE; nothing when there is none.
std::optional<std::string> base_name(std::string_view name) {
  if (name.starts_with(kPrefix)) name.remove_prefix(kPrefix.size());
  if (find_setting(name) != nullptr) return std::string(name);
  if (!name.ends_with(kFileSuffix)) return std::nullopt;
  const auto* row = find_setting(name.substr(0, name.size() - kFileSuffix.size()));
  return row != nullptr && row->secret ? std::optional(std::string(name)) : std::nullopt;
}

std::string strip_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

Settings::Values parse_env_file(std::string_view text) {
  Settings::Values values;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = trim(line.substr(7));
    const auto equals = line.find('=');
    const auto where = ".env line " + std::to_string(number);
    if (equals == std::string_view::npos) throw SettingError(where, "not NAME=VALUE");
    const auto name = trim(line.substr(0, equals));
    if (!is_name(name)) throw SettingError(where, "not NAME=VALUE");
    auto value = parse_value(trim(line.substr(equals + 1)));
    if (!value) throw SettingError(where, "a quote has no end, or text follows it");
    values.insert_or_assign(std::string(name), *std::move(value));
  }
  return values;
}

Settings::Values process_environment() {
  Settings::Values values;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    values.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return values;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Settings::Settings(const Values& environment, const Values& env_file) {
  for (const auto* source : {&environment, &env_file}) {
    Values own;
    for (const auto& [name, value] : *source) {
      const auto base = base_name(name);
      if (!base && name.starts_with(kPrefix)) throw SettingError(name, "there is no such setting");
      if (!base && source == &env_file) unknown_in_file_.push_back(name);
      if (!base || value.empty()) continue;
      if (!own.emplace(*base, value).second) {
        throw SettingError(*base, "given twice, with and without POSTERN_");
      }
    }
    // The environment wins over the file, whichever of the two forms of a secret it uses.
    for (const auto& [name, value] : own) {
      const bool is_file = find_setting(name) == nullptr;
      const auto plain = is_file ? name.substr(0, name.size() - kFileSuffix.size()) : name;
      if (is_file && own.contains(plain)) {
        throw SettingError(plain, "given twice, directly and as " + name);
      }
      if (values_.contains(plain)) continue;
      auto content = is_file ? read_file(value) : std::optional(value);
      if (!content) throw SettingError(name, "the file cannot be read");
      values_.emplace(plain, is_file ? strip_line_end(*std::move(content)) : *std::move(content));
    }
  }
}

std::optional<std::string> Settings::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace postern
