// Takes the place of mail_smtp/usual_timeouts.cpp in the test build: SMTP_QUICKER=60 makes a second
// of each minute of the SMTP time-outs.
#include <cstdlib>

#include "mail_smtp/smtp_options.hpp"

namespace postern {

SmtpTimeouts usual_timeouts() {
  SmtpTimeouts times;
  const char* const wanted = std::getenv("SMTP_QUICKER");
  const int quicker = wanted == nullptr ? 1 : std::atoi(wanted);
  for (auto* time : {&times.greeting, &times.command, &times.data, &times.block, &times.final_dot,
                     &times.delivery})
    *time /= quicker;
  return times;
}

}  // namespace postern
