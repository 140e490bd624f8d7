// The template sources of emails: compiled in, or from the operator's folder.
//
// Thread contract: immutable after construction.
// Knows nothing of what a template means but its partials.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/embedded_file.hpp"

namespace postern {

/// templates/mail, as it was when the program was built.
std::span<const EmbeddedFile> embedded_mail_templates();

class TemplateFiles {
 public:
  /// A file below `override_folder` (may be empty) replaces the built-in one of the same name.
  /// Throws std::runtime_error when the folder is not one, or a file of it cannot be read or is
  /// over limits::kTemplateBytes.
  explicit TemplateFiles(const std::string& override_folder);

  /// The file `<locale>/<name>` with all its partials put in: `{{> top}}` in an .html file is
  /// `<locale>/top.html`, or else `shared/top.html`. Line ends are LF. Throws std::runtime_error
  /// when a partial does not exist, or partials are nested too deep or grow over the limit.
  std::string source(const std::string& locale, const std::string& name) const;

 private:
  std::string expand(const std::string& locale, const std::string& name, int depth) const;
  std::string find_partial(const std::string& locale, const std::string& file) const;

  std::map<std::string, std::string, std::less<>> files_;
};

}  // namespace postern
