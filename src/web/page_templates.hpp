// The templates of the pages, prepared for each language when they are loaded: each page stands in
// the layout, and fixed values (texts, product, paths of the assets) are filled in. A response
// fills in the rest.
//
// Thread contract: immutable after construction; render() may be called from any thread. (Mustache
// declares rendering non-const, but writes nothing for data without partials and lambdas, and none
// of ours has any.)
// Escapes every value, also the fixed ones.
#pragma once

#include <kainjow/mustache.hpp>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/embedded_file.hpp"
#include "web/page_strings.hpp"

namespace postern {

using PageData = kainjow::mustache::data;

class PageTemplates {
 public:
  /// Tag → value.
  using Values = std::map<std::string, std::string, std::less<>>;

  /// Every "<name>.html" at the top but layout.html, in the languages of `strings`; {{t.<key>}} is
  /// a text. Throws std::runtime_error when a template does not parse or a text is missing.
  PageTemplates(std::span<const EmbeddedFile> files, const PageStrings& strings,
                const Values& fixed);

  /// Both exist.
  std::string render(std::string_view locale, std::string_view name, const PageData& data) const;

 private:
  using Language = std::map<std::string, std::unique_ptr<kainjow::mustache::mustache>, std::less<>>;

  std::map<std::string, Language, std::less<>> languages_;
};

}  // namespace postern
