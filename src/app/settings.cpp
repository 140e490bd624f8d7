#include "app/settings.hpp"

#include <unistd.h>

#include "app/setting_file.hpp"
#include "app/setting_table.hpp"
#include "base/config_limits.hpp"

namespace postern {
namespace {

constexpr std::string_view kPrefix = "POSTERN_";
constexpr std::string_view kFileSuffix = "_FILE";

std::string_view without_prefix(std::string_view name) {
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

/// The setting's name without the prefix, or a secret's NAME_FILE; nothing when there is none.
std::optional<std::string> base_name(std::string_view name) {
  name = without_prefix(name);
  if (find_setting(name) != nullptr) return std::string(name);
  if (!name.ends_with(kFileSuffix)) return std::nullopt;
  const auto* row = find_setting(name.substr(0, name.size() - kFileSuffix.size()));
  return row != nullptr && row->secret ? std::optional(std::string(name)) : std::nullopt;
}

/// Variables that Kubernetes sets for a service, and Docker for a link, of the name "postern" or
/// "postern-…": POSTERN_SERVICE_HOST, POSTERN_PORT_5001_TCP_ADDR, POSTERN_APP_PORT.
bool is_platform_variable(std::string_view name) {
  if (!name.starts_with(kPrefix)) return false;
  // The prefix without its last character: "POSTERN" itself may be the whole service's name.
  name.remove_prefix(kPrefix.size() - 1);
  return name.find("_PORT") != std::string_view::npos ||
         name.find("SERVICE_") != std::string_view::npos;
}

/// A platform's POSTERN_PORT is a URL; anything else there was meant for us.
bool is_doubtful(std::string_view name, std::string_view value) {
  return name.ends_with("_PORT") && name.find("SERVICE_") == std::string_view::npos &&
         name.find("_PORT_") == std::string_view::npos &&
         value.find("://") == std::string_view::npos;
}

/// A file's one trailing line end is the editor's, not the secret's.
std::string without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

std::string secret_in_file(const std::string& name, const std::string& path) {
  const auto text = read_setting_file(path, limits::kSettingFileBytes);
  if (!text) throw SettingError(name, "the file " + text.error().cause);
  auto secret = without_line_end(without_byte_order_mark(*text));
  if (secret.empty()) throw SettingError(name, "the file is empty");
  return secret;
}

}  // namespace

bool is_our_setting(std::string_view name) {
  return base_name(name) || (name.starts_with(kPrefix) && !is_platform_variable(name));
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

Settings::Settings(const Values& environment, const Values& env_file) {
  // The environment wins over the file, whichever of the two forms of a secret it uses.
  merge(known_names(environment, false));
  merge(known_names(env_file, true));
}

Settings::Known Settings::known_names(const Values& source, bool is_env_file) {
  Known known;
  for (const auto& [name, value] : source) {
    const auto base = base_name(name);
    if (!base && is_platform_variable(name)) {
      if (is_doubtful(name, value)) doubtful_.push_back(name);
    } else if (!base && name.starts_with(kPrefix)) {
      throw SettingError(name, "there is no such setting; docs/configuration.md lists them all");
    } else if (!base) {
      if (is_env_file) unknown_in_file_.push_back(name);
    } else if (!value.empty() && !known.emplace(*base, value).second) {
      throw SettingError(*base, "is given twice, with and without POSTERN_");
    }
  }
  return known;
}

void Settings::merge(const Known& source) {
  for (const auto& [name, value] : source) {
    const bool is_file = find_setting(name) == nullptr;
    const auto plain = is_file ? name.substr(0, name.size() - kFileSuffix.size()) : name;
    if (is_file && source.contains(plain)) {
      throw SettingError(plain, "is given twice, directly and as " + name);
    }
    if (values_.contains(plain)) continue;
    values_.emplace(plain, is_file ? secret_in_file(name, value) : value);
  }
}

std::optional<std::string> Settings::get(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

}  // namespace postern
