#include "app/session_side.hpp"

#include <pthread.h>

#include "app/wiring.hpp"
#include "base/barrier.hpp"
#include "base/limits.hpp"

namespace postern {

SessionSide::SessionSide(const Config& config, Writer& writer, const Clock& clock, Logger& log)
    : writer_(writer),
      clock_(clock),
      log_(log),
      tokens_(config.secret_key),
      keys_(writer, config.secret_key, {config.base_url, config.access_token_ttl}, clock, log),
      devices_(config.secret_key),
      services_{tokens_,
                keys_,
                devices_,
                {config.access_token_ttl, config.session_ttl, config.session_idle_ttl}} {
  services_.run_at = [this](Timer::Time time, std::function<void()> function) {
    timer_.run_at(time, std::move(function));
  };
  services_.token_reused = [&log](const Session& session) {
    log.warn("session ended: a spent refresh token came again",
             {{"session_id", session.id}, {"account_id", session.account_id}});
  };
  if (const auto loaded = keys_.load(); !loaded) {
    throw StartError("DATABASE_URL: signing keys: " + loaded.error().cause);
  }
  thread_ = std::thread([this] { keep_fresh(); });
  pthread_setname_np(thread_.native_handle(), "housekeeping");
}

SessionSide::~SessionSide() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_one();
  thread_.join();
}

void SessionSide::keep_fresh() {
  auto purge_at = std::chrono::steady_clock::now() + limits::kHousekeeping;
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, limits::kSigningKeyReload, [this] { return stopping_; })) {
    lock.unlock();
    if (const auto loaded = guarded([&] { return keys_.load(); }); !loaded) {
      log_.warn("signing keys could not be loaded again", loaded.error());
    }
    if (std::chrono::steady_clock::now() >= purge_at) {
      if (const auto done = guarded([&] { purge(); }); !done) {
        log_.warn("what has expired could not be removed", done.error());
      }
      purge_at = std::chrono::steady_clock::now() + limits::kHousekeeping;
    }
    lock.lock();
  }
}

void SessionSide::purge() {
  const TimePoint now = clock_.now();
  const Purge old{now, now - limits::kLoginThrottleLife, limits::kLoginThrottles,
                  limits::kPurgeBatch};
  // Until less than a batch was left, so that clients cannot make rows faster than they go.
  for (std::int64_t removed = limits::kPurgeBatch; removed >= limits::kPurgeBatch;) {
    const auto purged = writer_.run([&](Store& store) -> Status {
      const auto count = store.purge(old);
      removed = count ? *count : 0;
      return count ? Status{} : Status{count.error()};
    });
    if (!purged) return log_.warn("what has expired could not be removed", purged.error());
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

}  // namespace postern
