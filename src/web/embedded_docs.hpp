// The API's description and its page, compiled in.
//
// Thread contract: pure functions.
// Swagger UI is not ours: it comes from npm when the program is built, and a build may lack it.
#pragma once

#include <span>

#include "base/embedded_file.hpp"

namespace postern {

/// The files of templates/docs: "openapi.json", "page.html", "reference.html", "assets/…".
std::span<const EmbeddedFile> embedded_docs();

/// Compressed with gzip: "swagger-ui-5.35.0/swagger-ui.css" and so on; nothing in a build without.
std::span<const EmbeddedFile> embedded_swagger_ui();

}  // namespace postern
