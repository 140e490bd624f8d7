// The files of templates/pages, compiled in.
#pragma once

#include <span>

#include "base/embedded_file.hpp"

namespace postern {

/// By name: "layout.html", "en.json", "assets/page.css".
std::span<const EmbeddedFile> embedded_pages();

}  // namespace postern
