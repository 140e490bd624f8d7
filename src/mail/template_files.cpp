#include "mail/template_files.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "base/limits.hpp"

namespace postern {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw std::runtime_error("mail template " + name + " " + why);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  // One byte over the limit tells, and nothing larger is ever read.
  std::string content(limits::kTemplateBytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) refuse(path.string(), "cannot be read");
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > limits::kTemplateBytes) {
    refuse(path.string(), "is over " + std::to_string(limits::kTemplateBytes) + " bytes");
  }
  return content;
}

/// As an editor on another system may have left it: a byte order mark, CRLF line ends.
std::string normalised(std::string_view content) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (content.starts_with(kByteOrderMark)) content.remove_prefix(kByteOrderMark.size());
  std::string text;
  text.reserve(content.size());
  for (std::size_t i = 0; i < content.size(); ++i) {
    const bool before_lf = content[i] == '\r' && i + 1 < content.size() && content[i + 1] == '\n';
    if (!before_lf) text.push_back(content[i]);
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace

TemplateFiles::TemplateFiles(const std::string& override_folder) {
  for (const EmbeddedFile& file : embedded_mail_templates()) {
    files_.emplace(file.name, normalised(file.content));
  }
  if (override_folder.empty()) return;

  std::error_code error;
  if (!fs::is_directory(override_folder, error)) {
    throw std::runtime_error("the mail template folder " + override_folder + " is not a folder");
  }
  for (auto& [name, content] : files_) {
    const fs::path path = fs::path(override_folder) / name;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) continue;
    if (!fs::is_regular_file(status)) refuse(path.string(), "cannot be read");
    content = normalised(read_file(path));
  }
}

std::string TemplateFiles::source(const std::string& locale, const std::string& name) const {
  return expand(locale, locale + "/" + name, 0);
}

std::string TemplateFiles::expand(const std::string& locale, const std::string& name,
                                  int depth) const {
  constexpr std::string_view kOpen = "{{>";
  constexpr std::string_view kClose = "}}";
  if (depth > limits::kTemplatePartialDepth) refuse(name, "is nested too deep");

  const auto file = files_.find(name);
  if (file == files_.end()) refuse(name, "does not exist");
  const std::string extension = name.substr(name.rfind('.'));
  std::string_view rest = file->second;
  std::string source;
  for (;;) {
    const std::size_t open = rest.find(kOpen);
    source.append(rest.substr(0, open));
    if (source.size() > limits::kTemplateBytes) refuse(name, "is too large with its partials");
    if (open == std::string_view::npos) return source;
    rest.remove_prefix(open + kOpen.size());
    const std::size_t close = rest.find(kClose);
    if (close == std::string_view::npos) refuse(name, "has a partial that is not closed");

    const std::string partial = std::string(trimmed(rest.substr(0, close))) + extension;
    source.append(expand(locale, find_partial(locale, partial), depth + 1));
    // The tag's own line end follows.
    if (source.ends_with('\n')) source.pop_back();
    rest.remove_prefix(close + kClose.size());
  }
}

std::string TemplateFiles::find_partial(const std::string& locale, const std::string& file) const {
  std::string own = locale + "/" + file;
  return files_.contains(own) ? own : "shared/" + file;
}

}  // namespace postern
