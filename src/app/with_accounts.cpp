#include "app/with_accounts.hpp"

#include "app/data_folder.hpp"
#include "app/wiring.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"

namespace postern {

int with_accounts(const Config& config, const std::function<int(AccountServices&)>& work) {
  if (is_new_sqlite_file(config.database_url)) {
    throw StartError("DATABASE_URL: there is no such file; `postern migrate` makes one");
  }
  Logger log(std::max(config.log_level, LogLevel::kWarn), config.log_format);
  const SystemClock clock;
  Writer writer(make_store(config, false), log);
  HashPool hashing(1, limits::kHashQueue);
  // No command takes an email's token, so none can verify one: a random key.
  const auto verifier =
      MailTokenVerifier::hs256(Secret(new_id(clock.now()) + new_id(clock.now())), config.base_url);
  AccountServices services{writer, hashing, verifier, clock, account_settings(config), {}, {}};
  return work(services);
}

}  // namespace postern
