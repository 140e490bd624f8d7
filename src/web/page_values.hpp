// Values that several pages show in the same way.
//
// Thread contract: pure functions.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "web/pages.hpp"

namespace postern {

/// `name` for machines (RFC 3339), and `name`_text for people until page.js puts their own time
/// zone in its place: "2026-11-22 15:04 UTC".
void set_time(PageData& data, const std::string& name, TimePoint time);

}  // namespace postern
