// An email ready to be sent. Plain data.
#pragma once

#include <string>

#include "base/clock.hpp"

namespace postern {

struct Mail {
  /// Message-ID is derived from it, so that a repeat can be recognised.
  std::string id;
  std::string kind;
  std::string to;
  std::string locale;
  std::string subject;
  std::string text;
  std::string html;
  TimePoint date;
  /// Earlier attempts after whose final dot no reply came: it may have arrived already.
  int unknown_outcomes = 0;
};

}  // namespace postern
