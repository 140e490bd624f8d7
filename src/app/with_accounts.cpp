#include "app/with_accounts.hpp"

#include "app/wiring.hpp"

namespace postern {

int with_accounts(const Config& config, const std::function<int(AccountServices&)>& work) {
  Logger log(std::max(config.log_level, LogLevel::kWarn), config.log_format);
  const SystemClock clock;
  Writer writer(make_store(config, false), log);
  AccountServices services{writer, clock, account_settings(config)};
  return work(services);
}

}  // namespace postern
