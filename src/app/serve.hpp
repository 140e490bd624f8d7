// The long-running commands: run, app and worker.
#pragma once

#include "app/config.hpp"
#include "base/log.hpp"

namespace postern {

struct ServeOptions {
  Role role = Role::kRun;
  bool migrate_first = false;
};

/// Serves until SIGTERM or SIGINT, then drains. Returns the exit code; throws SettingError and
/// StartError when it cannot start.
int serve(const Config& config, const ServeOptions& options, Logger& log);

}  // namespace postern
