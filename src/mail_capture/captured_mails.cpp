#include "mail_capture/captured_mails.hpp"

#include <utility>

#include "base/limits.hpp"

namespace postern {

void CapturedMails::add(Mail mail) {
  const std::lock_guard lock(mutex_);
  mails_.push_front(std::move(mail));
  if (mails_.size() > limits::kCapturedMails) mails_.pop_back();
}

std::vector<Mail> CapturedMails::list() const {
  const std::lock_guard lock(mutex_);
  return {mails_.begin(), mails_.end()};
}

void CapturedMails::note_held(HeldMail held) {
  const std::lock_guard lock(mutex_);
  held_.push_front(std::move(held));
  if (held_.size() > limits::kCapturedMails) held_.pop_back();
}

std::vector<HeldMail> CapturedMails::held() const {
  const std::lock_guard lock(mutex_);
  return {held_.begin(), held_.end()};
}

void CaptureMailer::deliver(MailSource& source) {
  while (auto mail = source.next()) {
    mails_.add(*std::move(mail));
    source.finished({DeliveryOutcome::kSent, "captured", false});
  }
}

}  // namespace postern
