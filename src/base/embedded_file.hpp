// A file that was compiled into the program (templates, styles, migrations). Plain data.
#pragma once

#include <string_view>

namespace postern {

struct EmbeddedFile {
  /// Path below the embedded folder: "en/confirm.html".
  std::string_view name;
  std::string_view content;
};

}  // namespace postern
