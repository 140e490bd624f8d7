// The configuration from any bytes, read as a .env file or as the environment of each kind of
// process. It is taken, or refused with one line that begins with a variable's name and quotes no
// secret; what is taken is within the bounds of its rows.
#include <algorithm>
#include <string>
#include <string_view>

#include "app/config.hpp"
#include "app/dotenv.hpp"
#include "app/setting_reader.hpp"
#include "app/setting_table.hpp"
#include "app/settings.hpp"
#include "property.hpp"
#include "text/ascii.hpp"
#include "text/url.hpp"

namespace {

using namespace postern;

constexpr std::string_view kSecretKey = "a-secret-key-that-no-error-may-quote";

/// Files are read for real, so that none but these may be named.
bool is_harmless(std::string_view name, std::string_view value) {
  const bool is_path =
      name.ends_with("_FILE") || name == "SMTP_RELAYS" || name == "POSTERN_SMTP_RELAYS";
  return !is_path || value.empty() || value == "/nowhere" || value == "/";
}

/// "NAME: why", with a name that is a setting, or was given.
void check_refusal(const SettingError& error, const Settings::Values& given) {
  const std::string_view line = error.what();
  require(std::ranges::none_of(line, ascii::is_control));
  const std::string name(line.substr(0, line.find(": ")));
  require(name.size() < line.size());
  std::string_view bare = name;
  if (bare.starts_with("POSTERN_")) bare.remove_prefix(8);
  if (bare.ends_with("_FILE") && !find_setting(bare)) bare.remove_suffix(5);
  require(find_setting(bare) || given.contains(name));
  require(line.find(kSecretKey) == std::string_view::npos);
}

void check_config(const Config& config) {
  const auto base = parse_base_url(config.base_url);
  require(base && *base == config.base_url);
  require(config.secret_key.view().size() >= 32);
  require(config.password_min_length >= 8 && config.http_threads >= 1 && config.mail_threads >= 1);
  require(config.token_ttl > Duration::zero() && config.access_token_ttl > Duration::zero());
  require(config.session_idle_ttl > config.access_token_ttl);
  require(!config.mail_limit_per_address.empty() && config.mail_limit_per_address.size() <= 3);
  require(config.request_limit_per_ip.count > 0);
  require(config.tls_cert_file.empty() == config.tls_key_file.empty());
  for (const auto& origin : config.cors_origins) require(is_origin(origin));
  for (const std::string& warning : config.warnings) {
    require(std::ranges::none_of(warning, ascii::is_control));
    require(warning.find(kSecretKey) == std::string::npos);
  }
}

/// What the fuzzer does not set itself.
void add_needed(Settings::Values& values) {
  const auto has = [&](const char* name) {
    const auto found = values.find(name);
    return found != values.end() && !found->second.empty();
  };
  // Otherwise one is made and stored.
  for (const char* name :
       {"SECRET_KEY", "POSTERN_SECRET_KEY", "SECRET_KEY_FILE", "POSTERN_SECRET_KEY_FILE"}) {
    if (has(name)) return;
  }
  values["SECRET_KEY"] = kSecretKey;
}

void check(const Settings::Values& environment, const EnvFile& file, Role role) {
  Settings::Values given = environment;
  given.insert(file.values.begin(), file.values.end());
  try {
    check_config(load_config(environment, file, role));
  } catch (const SettingError& error) {
    check_refusal(error, given);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // libFuzzer copies what it sees compared: as a name the text would rightly be quoted.
  if (text_of(data, size).find(kSecretKey) != std::string_view::npos) return 0;
  EnvFile file;
  try {
    file = parse_env_file(text_of(data + 1, size - 1));
  } catch (const SettingError&) {
    return 0;
  }
  std::erase_if(file.values,
                [](const auto& entry) { return !is_harmless(entry.first, entry.second); });
  add_needed(file.values);
  const Role role = static_cast<Role>(data[0] % 4);
  const bool as_file = data[0] % 8 < 4;
  as_file ? check({}, file, role) : check(file.values, {}, role);
  return 0;
}
