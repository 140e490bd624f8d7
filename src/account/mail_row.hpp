// The outbox row of an email, and how many of them an address gets.
//
// Thread contract: pure functions.
#pragma once

#include <span>
#include <string>

#include "account/services.hpp"
#include "model/account.hpp"
#include "model/outbox_row.hpp"

namespace postern {

struct MailRow {
  const Account& account;
  MailKind kind;
  /// A stored address, never submitted text: the account's own one, or the one it changes to.
  const std::string& to;
  std::string locale;
  std::string return_to = {};
  /// Of kConfirmEmail (MailJob::requested_by).
  std::string requested_by = {};
  /// Of a notice, when its reader owns the device, or the account that was used on it.
  NamedDevice device = {};
};

OutboxRow make_mail_row(const MailRow& order, const RequestContext& context, TimePoint now);
/// To the account's address, in its language, with the client's device.
OutboxRow make_notice(const Account& account, MailKind kind, const RequestContext& context,
                      TimePoint now);

/// Counts one more email in the window of each limit; false, with nothing counted, when the
/// address has reached one. Windows refill evenly: after window/count there is room for one more.
bool count_in_windows(MailWindows& windows, std::span<const Rate> limits, TimePoint now);

/// From when on a limit of the address lets one more email of this kind through, confirm or
/// recover; not after `now` when it does already.
TimePoint mail_room_at(const AccountSettings& settings, const Account& account, MailKind kind,
                       TimePoint now);

}  // namespace postern
