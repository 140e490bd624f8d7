// Keeps emails instead of sending them, for a first try without a mail server.
//
// Thread contract: all members may be called from any thread.
// Holds the newest limits::kCapturedMails in memory only; they are gone with the process.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "mail/mail.hpp"
#include "mail/mailer.hpp"

namespace postern {

/// An email that was never written, because its address had had enough of them.
struct HeldMail {
  std::string to;
  std::string kind;
  TimePoint at;
};

class CapturedMails {
 public:
  void add(Mail mail);
  void note_held(HeldMail held);
  /// Newest first.
  std::vector<Mail> list() const;
  /// Newest first.
  std::vector<HeldMail> held() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Mail> mails_;
  std::deque<HeldMail> held_;
};

/// Delivers into CapturedMails, which must outlive it.
class CaptureMailer final : public Mailer {
 public:
  explicit CaptureMailer(CapturedMails& mails) : mails_(mails) {}
  void deliver(MailSource& source) override;
  void idle() override {}
  std::chrono::steady_clock::time_point ready_at() const override { return {}; }

 private:
  CapturedMails& mails_;
};

}  // namespace postern
