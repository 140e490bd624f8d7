#include "app/with_accounts.hpp"

#include "app/data_folder.hpp"
#include "app/wiring.hpp"

namespace postern {

int with_accounts(const Config& config, const std::function<int(AccountServices&)>& work) {
  if (is_new_sqlite_file(config.database_url)) {
    throw StartError("DATABASE_URL: there is no such file; `postern migrate` makes one");
  }
  Logger log(std::max(config.log_level, LogLevel::kWarn), config.log_format);
  const SystemClock clock;
  Writer writer(make_store(config, false), log);
  AccountServices services{writer, clock, account_settings(config)};
  return work(services);
}

}  // namespace postern
