#include "background/signing_key_reload.hpp"

namespace postern {

SigningKeyReload::SigningKeyReload(AccessKeys& keys, Logger& log, BackgroundThread::Time period)
    : thread_({.name = "signing keys",
               .round =
                   [&keys, &log, period](const std::stop_token&) {
                     if (const auto loaded = keys.load(); !loaded) {
                       log.warn("signing keys could not be loaded again", loaded.error());
                     }
                     return period;
                   },
               .failed =
                   [&log](const Error& error) {
                     log.warn("signing keys could not be loaded again", error);
                   },
               .wait_after_failure = period,
               .first_wait = period}) {}

}  // namespace postern
