// The settings of email: relays, sender and templates.
//
// Thread contract: for the start of a process.
#pragma once

#include "app/config.hpp"
#include "app/setting_reader.hpp"

namespace postern {

/// Sets `smtp`, `smtp_relays`, `mail_from` and `mail_templates`; needs `product` and
/// `base_url`. Throws
/// SettingError.
void read_smtp(const SettingReader& read, Config& config);

}  // namespace postern
