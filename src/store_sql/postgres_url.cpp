#include "store_sql/postgres_url.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string_view>

#include "text/ascii.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

Options read_options(const std::string& url) {
  char* message = nullptr;
  Options options(PQconninfoParse(url.c_str(), &message));
  PQfreemem(message);
  return options;
}

std::string value_of(const Options& options, std::string_view keyword) {
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword && option->val != nullptr) return option->val;
  }
  return {};
}

Error invalid(const char* why) { return Error{"invalid_database_url", Retry::kNever, why}; }

}  // namespace

Status check_postgres_url(const std::string& url) {
  const auto options = read_options(url);
  if (!options) return invalid("libpq cannot read the PostgreSQL URL");
  const bool stray_password = value_of(options, "host").find('@') != std::string::npos ||
                              value_of(options, "dbname").find('@') != std::string::npos;
  const bool strange_port =
      value_of(options, "port").find_first_not_of("0123456789,") != std::string::npos;
  if (stray_password || strange_port) {
    return invalid("user and password of the PostgreSQL URL must be percent-encoded");
  }
  return {};
}

std::string connection_failure(std::string message, const std::string& url) {
  const auto options = read_options(url);
  for (const char* keyword : {"password", "sslpassword"}) {
    const std::string password = options ? value_of(options, keyword) : std::string();
    if (password.empty()) continue;
    for (auto at = message.find(password); at != std::string::npos;
         at = message.find(password, at + 3)) {
      message.replace(at, password.size(), "***");
    }
  }
  return std::string(ascii::trim(one_line(message)));
}

}  // namespace postern
