#include "mail_smtp/smtp_options.hpp"

namespace postern {

SmtpTimeouts usual_timeouts() { return {}; }

}  // namespace postern
