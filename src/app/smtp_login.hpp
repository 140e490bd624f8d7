// The settings by which the worker logs in to the mail server: user and password, or OAuth 2.0.
//
// Thread contract: for the start of a process.
#pragma once

#include "app/setting_reader.hpp"
#include "mail_smtp/smtp_options.hpp"

namespace postern {

/// Reads the login to `smtp.host`. Sets `user`, `password`, `auth` and `oauth`. Throws
/// SettingError.
void read_smtp_login(const SettingReader& read, SmtpOptions& smtp);

}  // namespace postern
