// The files that the pages load, each under an address that names its content, so that a browser
// may keep it for ever.
//
// Thread contract: immutable after construction.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/embedded_file.hpp"

namespace postern {

struct Asset {
  /// "/assets/page.0123456789abcdef.css"
  std::string path;
  std::string content_type;
  std::string_view content;
};

class Assets {
 public:
  /// Takes what lies below "assets/".
  explicit Assets(std::span<const EmbeddedFile> files);

  /// By its name below "assets/". Throws std::runtime_error when there is none.
  const Asset& get(std::string_view name) const;
  const std::map<std::string, Asset, std::less<>>& all() const { return assets_; }

 private:
  std::map<std::string, Asset, std::less<>> assets_;
};

}  // namespace postern
