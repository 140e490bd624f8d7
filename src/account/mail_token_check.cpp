#include "account/mail_token_check.hpp"

#include "base/login_limits.hpp"

namespace postern {

Result<MailTokenClaims> verify_mail_token(const SessionServices& services, MailTokenPurpose purpose,
                                          std::string_view token) {
  const TimePoint now = services.clock.now();
  auto claims = services.mail_tokens.verify(purpose, token, now);
  if (!services.clock_ahead) return claims;
  // Of a token that is refused only a genuine one of the near future tells something about clocks.
  auto genuine = claims;
  for (const Duration later :
       {Duration(limits::kClockDifference), Duration(std::chrono::hours(1))}) {
    if (!genuine) genuine = services.mail_tokens.verify(purpose, token, now + later);
  }
  if (!genuine) return claims;
  const Duration ahead = genuine->issued_at - now;
  if (ahead > limits::kClockNotice) services.clock_ahead(ahead);
  return claims;
}

}  // namespace postern
