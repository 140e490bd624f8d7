// The reference of the HTTP API as HTML, made from its OpenAPI description: for builds without
// Swagger UI and for browsers without JavaScript.
//
// Thread contract: pure functions.
// Reads what our own description uses of OpenAPI 3.1, not all of it; unknown keywords are left out.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace postern {

/// A fragment for the body of templates/docs/page.html. Throws std::exception where the description
/// is not what it should be: a reference that leads nowhere, an operation without a tag.
std::string render_api_reference(const boost::json::value& document);

}  // namespace postern
