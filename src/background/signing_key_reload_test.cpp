#include "background/signing_key_reload.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "account/signing_keys.hpp"
#include "fakes/memory_store.hpp"

namespace postern {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

TEST(SigningKeyReload, O2_a_key_of_another_process_is_loaded_after_a_failure_too) {
  Logger log(LogLevel::kOff, LogFormat::kText);
  const ManualClock clock(from_unix_ms(1'795'361'400'000));
  fakes::MemoryDatabase database;
  Writer writer(std::make_unique<fakes::MemoryStore>(database), log);
  const Secret secret_key(std::string(64, 'k'));
  AccessKeys keys(writer, secret_key, {"http://localhost:5001", minutes(15)}, clock, log);
  ASSERT_TRUE(keys.load());
  const Secret seal_key = signing_key_seal(secret_key);
  std::string kid;
  ASSERT_TRUE(writer.run([&](Store& store) -> Status {
    auto rotated = rotate_signing_key(store, seal_key, minutes(2), clock.now());
    if (!rotated) return rotated.error();
    kid = *rotated;
    return {};
  }));
  EXPECT_EQ(keys.ring()->jwks().find(kid), std::string::npos);
  database.fail_next(fakes::StoreStep::kCommit, {store_error::kUnavailable, Retry::kLater, "away"});
  const SigningKeyReload reload(keys, log, milliseconds(1));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (keys.ring()->jwks().find(kid) == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace postern
