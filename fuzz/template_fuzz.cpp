// Mail templates of an operator, from any bytes. The first byte chooses: one source as a template,
// or a folder in which it stands in place of a file or a partial. A template is refused with one
// sentence or works for every email; no value is ever written unescaped unless it asks for that.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "mail/composer.hpp"
#include "mail/mail_template.hpp"
#include "mail/template_files.hpp"
#include "property.hpp"
#include "text/ascii.hpp"
#include "text/utf8.hpp"

namespace {

using namespace postern;

/// What a hostile client can get into an email, marked so that it is found again.
constexpr std::string_view kHostile = "<hostile&\"'{{link}}>";
constexpr std::string_view kEscaped = "&lt;hostile&amp;&quot;&#39;{{link}}&gt;";
const MailTemplate::FixedValues kFixed{{"product_name", std::string(kHostile)},
                                       {"product_url", ""},
                                       {"support_email", "help@b.example"},
                                       {"locale", "en"},
                                       {"kind", "confirm"}};

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

/// A tag that writes a value as it is, or may change what a tag is.
bool may_unescape(std::string_view source) {
  for (std::size_t at = source.find("{{"); at != source.npos; at = source.find("{{", at + 1)) {
    const std::size_t kind = source.find_first_not_of(" \t\n", at + 2);
    if (kind != source.npos && (source[kind] == '{' || source[kind] == '&' || source[kind] == '='))
      return true;
  }
  return false;
}

void check_refusal(const std::runtime_error& refusal, std::string_view name) {
  const std::string_view text = refusal.what();
  require(text.starts_with("mail template ") && text.find(name) != text.npos);
}

void check_source(const std::string& source, TemplateFormat format) {
  try {
    const MailTemplate made("en/x.html", source, format, kFixed);
    const TemplateValues plain{"L", "60 minutes", "E", "S", "A", "R"};
    const TemplateValues hostile{kHostile, kHostile, kHostile, kHostile, kHostile, kHostile};
    const std::string text = made.render(hostile);
    require(is_valid_utf8(text));
    require(text.find('\x01') == text.npos && text.find('\x02') == text.npos &&
            text.find('\x03') == text.npos);
    require(made.render(hostile) == text);
    require(!made.always_has_link() || made.may_have_link());
    const std::string simple = made.render(plain);
    require(!made.always_has_link() || simple.find('L') != simple.npos);
    const bool own_mark = source.find("host") != source.npos;
    if (format == TemplateFormat::kHtml && !own_mark && !may_unescape(source)) {
      require(count_of(text, "hostile") == count_of(text, kEscaped));
    }
  } catch (const std::runtime_error& refusal) {
    check_refusal(refusal, "en/x.html");
  }
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "postern-fuzz-XXXXXX").string();
    require(mkdtemp(name.data()) != nullptr);
    path_ = name;
    std::filesystem::create_directory(path_ / "en");
    std::filesystem::create_directory(path_ / "shared");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  /// The file `name` alone.
  void put(const std::string& name, std::string_view content) {
    if (!last_.empty() && last_ != name) std::filesystem::remove(path_ / last_);
    last_ = name;
    std::ofstream(path_ / name, std::ios::binary) << content;
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
  std::string last_;
};

/// The parts of an email on which one file has an influence.
void check_folder(const std::string& name, std::string_view content) {
  static Folder folder;
  folder.put(name, content);
  const TemplateFiles files(folder.path());
  for (const char* part : {"confirm.html", "confirm.txt", "confirm.subject"}) {
    try {
      const std::string source = files.source("en", part);
      require(source.find("{{>") == source.npos);
      require(source.size() <= limits::kTemplateBytes * (limits::kTemplatePartialDepth + 1));
    } catch (const std::runtime_error& refusal) {
      check_refusal(refusal, "");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string source(text_of(data + 1, size - 1));
  switch (data[0] % 8) {
    case 0:
      check_folder("en/confirm.html", source);
      break;
    case 1:
      check_folder("shared/top.html", source);
      break;
    case 2:
    case 3:
      check_source(source, TemplateFormat::kPlain);
      break;
    default:
      check_source(source, TemplateFormat::kHtml);
  }
  return 0;
}
