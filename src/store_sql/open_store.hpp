// Opens the store that a DATABASE_URL names.
//
// Thread contract: may be called from any thread; the Store belongs to one thread.
// Does not create a database or change its schema: migrate() does.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "store/store.hpp"

namespace postern {

/// store_sql/database_url.hpp describes the forms of the URL. Connects at once, so that a wrong
/// setting shows at the start; later the store reconnects by itself. Errors: invalid_database_url,
/// and store_unavailable when the database cannot be reached or has no schema. No detail holds a
/// password.
Result<std::unique_ptr<Store>> open_store(const std::string& database_url);

}  // namespace postern
