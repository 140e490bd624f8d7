// What session_fuzz believes of accounts, links and sessions: written from docs/http.md, not from
// the code, and small enough to be read beside it.
//
// Thread contract: plain data.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/login_limits.hpp"
#include "base/session_limits.hpp"
#include "model/mail_job.hpp"

namespace postern::fuzz {

inline constexpr std::array<std::string_view, 3> kAddresses{"ada@example.com", "bob@example.com",
                                                            "eve@other.example"};
/// The last one is weak.
inline constexpr std::array<std::string_view, 4> kPasswords{
    "osprey lantern quarry 58 tundra", "velvet anchor 71 mosaic thicket",
    "harbour pencil 93 orbit saddle", "password1234567"};
inline constexpr std::size_t kWeakPassword = kPasswords.size() - 1;

/// An account, and what is left of it after its deletion.
struct Person {
  std::string id;
  std::string email;
  bool exists = true;
  bool confirmed = false;
  std::optional<std::size_t> password = {};
  std::int64_t version = 1;
  std::string pending = {};
  /// When links to set a password went to it, and notes that the address is registered.
  std::vector<TimePoint> mails = {};
  std::vector<TimePoint> notes = {};
};

/// The link of an email.
struct Link {
  MailJob job;
  std::size_t person = 0;
  /// Made when the email is sent; empty until then.
  std::string token = {};
  TimePoint expires_at = {};

  bool takes_back() const { return job.kind == MailKind::kEmailChanged; }
  bool is_expired(TimePoint now) const { return now >= expires_at + limits::kClockSkew; }
  /// As a link to set a password.
  bool sets_password(const Person& owner, TimePoint now) const {
    if (!owner.exists || is_expired(now)) return false;
    if (takes_back()) return owner.version >= job.credential_version && owner.email != job.email;
    return (job.kind == MailKind::kConfirm || job.kind == MailKind::kRecover) &&
           owner.version == job.credential_version;
  }
  bool confirms_email(const Person& owner, TimePoint now) const {
    return job.kind == MailKind::kConfirmEmail && owner.exists && owner.confirmed &&
           !is_expired(now) && owner.version == job.credential_version &&
           owner.pending == job.email;
  }
};

/// Attempts at a password since the last right one.
struct Guesses {
  std::int64_t counted = 0;
  /// Of them, at the time of the last one.
  std::int64_t at_once = 0;
  TimePoint last = {};
  /// A fault may have come before or after the count.
  bool uncertain = false;

  void count(TimePoint now) {
    at_once = now == last ? at_once + 1 : 1;
    ++counted;
    last = now;
  }
  bool may_wait() const { return uncertain || counted >= limits::kLoginFreeFailures; }
  bool must_wait(TimePoint now) const {
    return !uncertain && now == last && at_once >= limits::kLoginFreeFailures;
  }
};

/// A session, and what is left of it after its end.
struct Login {
  std::size_t person = 0;
  std::string id;
  bool cookie = false;
  /// The chain of refresh tokens, or the one value of the cookie.
  std::vector<std::string> tokens = {};
  /// When each token but the last was spent.
  std::vector<TimePoint> spent = {};
  std::string access_token = {};
  TimePoint access_until = {};
  std::int64_t version = 0;
  TimePoint created_at = {};
  TimePoint last_used_at = {};
  bool ended = false;
  Guesses guesses = {};

  bool is_active(const Person& owner, TimePoint now) const {
    using namespace std::chrono_literals;
    return !ended && owner.exists && owner.confirmed && version == owner.version &&
           now < created_at + 24h * 30 && now < last_used_at + 24h * 7;
  }
  /// Used without another token.
  void touch(TimePoint now) {
    if (now - last_used_at >= limits::kSessionTouch) last_used_at = now;
  }
  /// Whether the token before `place` from the end is given its successor once more.
  bool is_repeated(std::size_t place, TimePoint now) const {
    return place + 2 == tokens.size() || now - spent[place] <= limits::kRefreshGrace;
  }
};

/// An email that a step may cause.
struct Sent {
  MailKind kind;
  std::string to;

  auto operator<=>(const Sent&) const = default;
};

}  // namespace postern::fuzz
